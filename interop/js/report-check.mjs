// Opens a report of verify in Chromium, and says as JSON what is to be seen there. Argument: the file.
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const address = pathToFileURL(process.argv[2]).href;
  const errors = [];
  const requests = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) requests.push(request.url());
  });
  await page.goto(address);
  await page.getByText("Open all timelines").click();
  const lines = await page.locator("table tr.row").count();
  const timelines = await page.locator("tr.detail .timeline > svg[role=img]").count();
  await page.setViewportSize({ width: 390, height: 800 });
  const sidewaysAt390 = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  console.log(JSON.stringify({ lines, timelines, sidewaysAt390, errors, requests }));
} finally {
  await browser.close();
}
