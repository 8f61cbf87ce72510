/** Rules for readers: what is recommended, and no clever shapes. How code is laid out is Prettier's. */
import js from "@eslint/js";
import globals from "globals";

export default [
  {
    ignores: [
      "app/static/built/",
      "app/static/vendor/",
      "build/",
      "**/*.d.ts",
      "node_modules/",
      ".venv/",
      "tests/static/frames/",
    ],
  },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-sequences": ["error", { allowInParentheses: false }],
      "no-unused-expressions": "error",
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
  { files: ["app/static/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/**/*.js", "scripts/*.js", "*.js"], languageOptions: { globals: globals.node } },
];
