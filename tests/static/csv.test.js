import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf } from "../../app/static/csv.js";

const HEADER = "iteration,iterations,run,error_min,error_mean,error_max,accuracy\r\n";

test("a row for each piece and each accuracy, in order, what is not known left empty", () => {
  const pieces = [
    { start: 0, size: 10, min: 1, mean: 2, max: 3 },
    { start: 10, size: 10, min: 0.5, mean: 1.5, max: 2.5 },
  ];
  const text = csvOf([
    {
      name: "Main",
      pieces,
      history: [
        [5, 0.25],
        [7, null],
        [10, 0.5],
        [20, 1],
      ],
    },
  ]);
  assert.equal(text, `${HEADER}0,10,Main,1,2,3,\r\n5,,Main,,,,0.25\r\n10,10,Main,0.5,1.5,2.5,0.5\r\n20,,Main,,,,1\r\n`);
});

test("names with commas, quotes and line ends are quoted, and nothing is a header alone", () => {
  const pieces = [{ start: 0, size: 1, min: 1, mean: 1, max: 1 }];
  assert.equal(csvOf([{ name: 'a, "b"\n', pieces, history: [] }]), `${HEADER}0,1,"a, ""b""\n",1,1,1,\r\n`);
  assert.equal(csvOf([]), HEADER);
});

test("where no accuracy is known there is none in the file", () => {
  assert.equal(
    csvOf([
      {
        name: "Main",
        pieces: [],
        history: [
          [5, 0],
          [7, null],
        ],
      },
    ]),
    `${HEADER}5,,Main,,,,0\r\n`,
  );
});

test("a name that a spreadsheet would compute is a text there, and numbers stay numbers", () => {
  const history = /** @type {[number, number][]} */ ([[5, -0.25]]);
  const rowOf = (/** @type {string} */ name) => csvOf([{ name, pieces: [], history }]).split("\r\n")[1];
  assert.equal(
    rowOf('=HYPERLINK("http://evil.example","Main")'),
    `5,,"'=HYPERLINK(""http://evil.example"",""Main"")",,,,-0.25`,
  );
  for (const first of "=+-@＝＋－＠") assert.equal(rowOf(`${first}1+1`), `5,,'${first}1+1,,,,-0.25`);
  assert.equal(rowOf("\t=1"), "5,,'\t=1,,,,-0.25");
  for (const name of ["1 - 2", "a=b", "'=1", " = 1"]) assert.equal(rowOf(name), `5,,${name},,,,-0.25`);
});
