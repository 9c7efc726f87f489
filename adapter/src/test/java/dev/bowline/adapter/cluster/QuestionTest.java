package dev.bowline.adapter.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.Answers;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** When a question to the cluster is over, and what is known then. */
class QuestionTest {
    private final Question<String> question = new Question<>(10);

    private Answers<String> result() {
        CompletableFuture<Answers<String>> result = question.result().toCompletableFuture();
        assertThat(result).isDone();
        return result.join();
    }

    private void assertOpen() {
        assertThat(question.result().toCompletableFuture()).isNotDone();
    }

    @Test
    void isOverWhenThisNodeAndAllOthersHaveAnswered() {
        question.nodesAsked(Set.of("b", "c"));
        question.nodeAnswered("b", List.of("of b"), 1);
        question.nodeAnswered("b", List.of("again"), 1);
        question.here(List.of("here"));
        assertOpen();
        question.nodeAnswered("c", List.of(), 1);
        assertThat(result()).isEqualTo(Answers.complete(List.of("of b", "here")));
    }

    @Test
    void takesAnswersThatComeBeforeItIsKnownWhoIsAsked() {
        question.here(List.of());
        question.nodeAnswered("b", List.of("of b"), 1);
        assertOpen();
        question.nodesAsked(Set.of("b"));
        assertThat(result()).isEqualTo(Answers.complete(List.of("of b")));
    }

    @Test
    void countsAnswersOfNodesThatDoNotSayWhoTheyAre() {
        question.here(List.of());
        question.nodesAsked(Set.of("b", "c", "d"));
        question.nodeAnswered("", List.of("nameless"), 1);
        question.nodeAnswered("c", List.of("of c"), 1);
        assertOpen();
        question.nodesPresent(Set.of("c"));
        assertOpen();
        question.timeIsOver();
        assertThat(result()).isEqualTo(new Answers<>(List.of("nameless", "of c"), Set.of(), 0, Set.of(), 1));
    }

    @Test
    void namesThoseWhoDidNotAnswerInTime() {
        question.here(List.of("here"));
        question.nodesAsked(Set.of("b", "c"));
        question.nodeAnswered("c", List.of(), 0);
        question.timeIsOver();
        assertThat(result()).isEqualTo(new Answers<>(List.of("here"), Set.of(), 0, Set.of("b"), 0));
    }

    @Test
    void doesNotWaitForWhoIsGone() {
        question.here(List.of());
        question.nodesAsked(Set.of("b", "c"));
        question.socketsAskedBy("b", 2);
        question.socketOfNodeAnswered("b", "one of b", 1);
        question.nodesPresent(Set.of("b"));
        assertOpen();
        question.nodesPresent(Set.of());
        assertThat(result()).isEqualTo(new Answers<>(List.of("one of b"), Set.of(), 1, Set.of("c"), 0));
    }

    @Test
    void waitsForTheSocketsOfAllNodes() {
        question.socketsAsked(Set.of("s", "t"));
        question.nodesAsked(Set.of("b"));
        question.socketOfNodeAnswered("b", "early", 1);
        question.socketsAskedBy("b", 2);
        question.socketAnswered("s", "s", 1);
        question.socketAnswered("s", "s", 1);
        question.socketSilent("t");
        assertOpen();
        question.socketOfNodeAnswered("b", "late", 1);
        assertThat(result()).isEqualTo(new Answers<>(List.of("early", "s", "late"), Set.of("t"), 0, Set.of(), 0));
    }

    @Test
    void takesNoMoreBytesThanItMay() {
        question.socketsAsked(Set.of("s", "t"));
        question.nodesAsked(Set.of("b", "c"));
        question.socketAnswered("s", "ten", 10);
        question.socketAnswered("t", "one more", 1);
        question.nodeAnswered("c", List.of("one more"), 1);
        question.socketsAskedBy("b", 1);
        question.socketOfNodeAnswered("b", "one more", 1);
        assertThat(result()).isEqualTo(new Answers<>(List.of("ten"), Set.of("t"), 1, Set.of("c"), 0));
    }

    @Test
    void saysThatSomebodyIsSilentWhereTheOthersCannotBeReached() {
        question.here(List.of("here"));
        question.nodesUnreachable(Set.of());
        assertThat(result()).isEqualTo(new Answers<>(List.of("here"), Set.of(), 0, Set.of(), 1));
    }
}
