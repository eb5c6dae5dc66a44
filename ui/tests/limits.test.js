import assert from "node:assert/strict";
import { test } from "node:test";

import { emojiError, room, textError } from "../page/limits.js";
import { speak } from "./texts.js";

speak();

test("a message has between one and 256 bytes", () => {
  assert.match(textError("  "), /Write a message/);
  assert.equal(textError("a".repeat(256)), "");
  assert.match(textError("a".repeat(257)), /257 bytes/);
  assert.match(textError("a".repeat(1025)), /1025 bytes/);
  assert.match(textError("ü".repeat(129)), /258 bytes/);
  assert.equal(room("a".repeat(199)), "");
  assert.equal(room("a".repeat(200)), "200 of 256 bytes");
});

test("an emoji is one, however it is made", () => {
  for (const good of ["", " ", "💬", "👩‍💻", "🇫🇷", "🌶️"]) assert.equal(emojiError(good), "", good);
  for (const wrong of ["💬💬", "hello"]) assert.match(emojiError(wrong), /single/, wrong);
});
