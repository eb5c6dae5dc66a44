import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { fill, load, t } from "../page/text.js";
import { speak } from "./texts.js";

test("a message is said in the language that was loaded", () => {
  speak();
  assert.equal(t("window-signed-in", { user: "@me:example.org" }), "Signed in as @me:example.org");
  assert.equal(t("window-message-room", { bytes: 1024, most: 256 }), "1024 of 256 bytes");
  speak("de");
  assert.equal(t("window-signed-in", { user: "@me:example.org" }), "Angemeldet als @me:example.org");
  assert.equal(t("presence", { presence: "busy" }), "Beschäftigt");
});

test("a message that is not there is said by its name", () => {
  speak();
  assert.equal(t("window-sun-spots", { n: 3 }), "window-sun-spots 3");
  assert.equal(t("window-signed-in"), "Signed in as {$user}");
  load({ language: "en", twelve_hours: false, month_first: false, messages: "= nonsense\nyes = Yes" });
  assert.equal(t("yes"), "Yes");
});

test("the page's own elements are filled", () => {
  speak("de");
  const page = new Page(
    `<button data-text="window-apply">
     <input data-placeholder-text="window-user-id-example">
     <ul data-aria-label-text="window-troubles">`,
  );
  fill(/** @type {any} */ (page));
  assert.equal(page.documentElement.lang, "de");
  const [button, input, list] = page.elements;
  assert.equal(button?.textContent, "Setzen");
  assert.equal(input?.attributes.get("placeholder"), "@ich:example.org");
  assert.equal(list?.attributes.get("aria-label"), "Probleme");
});

test("every message that the page names is there, in every language", () => {
  const page = new Page(readFileSync(new URL("../page/index.html", import.meta.url), "utf8"));
  for (const language of ["en", "de"]) {
    speak(language);
    fill(/** @type {any} */ (page));
    for (const { textContent, attributes } of page.elements) {
      const said = [textContent, attributes.get("placeholder"), attributes.get("aria-label")];
      assert.ok(!said.some((text) => /^window-|[{}]/.test(text ?? "")), String(said));
    }
  }
});

test("what is vendored is the package's own, and all that it imports is there", () => {
  const ours = new URL("../page/vendor/fluent-bundle/", import.meta.url);
  const theirs = new URL("../node_modules/@fluent/bundle/esm/", import.meta.url);
  const modules = readdirSync(ours).filter((name) => name.endsWith(".js"));
  assert.ok(modules.includes("index.js"));
  for (const name of modules) {
    const source = readFileSync(new URL(name, ours), "utf8");
    assert.equal(source, readFileSync(new URL(name, theirs), "utf8"), name);
    for (const [, from] of source.matchAll(/ from "(.*)";/g)) {
      assert.ok(from?.startsWith("./") && modules.includes(from.slice(2)), `${name}: ${from}`);
    }
  }
});

/** The least of a document that {@link fill} needs. */
class Page {
  documentElement = { lang: "" };

  /** @param {string} html */
  constructor(html) {
    this.elements = [...html.matchAll(/<[a-z][^>]*>/g)].map(([tag]) => {
      const found = [...tag.matchAll(/ ([a-z-]+)="([^"]*)"/g)];
      /** @type {Map<string, string>} */
      const attributes = new Map(found.map(([, name, value]) => [name ?? "", value ?? ""]));
      return {
        attributes,
        textContent: "",
        getAttribute: (/** @type {string} */ name) => attributes.get(name) ?? null,
        setAttribute: (/** @type {string} */ name, /** @type {string} */ value) => {
          attributes.set(name, value);
        },
      };
    });
  }

  /** @param {string} selector */
  querySelectorAll(selector) {
    return this.elements.filter(({ attributes }) => attributes.has(selector.slice(1, -1)));
  }
}
