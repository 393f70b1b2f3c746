// A clip with sound: its wave is drawn, it plays, the button makes it loud, and the played part follows.
import { base, drive, ensure, given, until } from "./drive.mjs";

const { theme, clip } = given;

await drive(
  async (page) => {
    await page.addInitScript((chosen) => {
      localStorage.setItem("vitascope.theme", chosen);
      localStorage.setItem("vitascope.language", "en"); // another scenario may have chosen Chinese
    }, theme);
    await page.goto(`${base}/library/${clip}`);
    const wave = page.locator('svg[class*="wave"]').first();
    await wave.waitFor();
    const played = () => wave.locator("path").nth(1).getAttribute("d");
    const video = page.locator("video").first();
    ensure(await video.evaluate((one) => one.muted), "it begins without sound");
    await page.getByRole("button", { name: "Turn the sound on" }).click();
    ensure(!(await video.evaluate((one) => one.muted)), "the sound is on");
    await page.getByRole("slider", { name: "Place in the clip" }).fill("1.5");
    await until(
      async () => ((await played()) ?? "").length > 100,
      "the played part of the wave",
    );
    await page.screenshot({
      path: `${process.env.ARTEFACTS}/sound-${theme}.png`,
      animations: "disabled",
    });
    await page.getByRole("button", { name: "Play" }).first().click();
    await until(
      () => video.evaluate((one) => !one.paused && one.currentTime > 0),
      "it plays",
    );
    await page.getByRole("button", { name: "Turn the sound off" }).click();
    ensure(await video.evaluate((one) => one.muted), "the sound is off again");
  },
  { colorScheme: theme },
);
