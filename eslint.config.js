import js from "@eslint/js";
import imports from "eslint-plugin-import-x";
import globals from "globals";

export default [
  { ignores: ["webui/static/vendor/**", "webui/static/types/**"] },
  js.configs.recommended,
  {
    files: ["webui/static/**/*.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
  },
  { files: ["webui/static/kit/early.js"], languageOptions: { sourceType: "script" } },
  { files: ["tests/js/**/*.js", "eslint.config.js"], languageOptions: { globals: { ...globals.node, document: "readonly", window: "readonly" } } },
  {
    files: ["webui/static/**/*.js", "tests/js/**/*.js"],
    plugins: { "import-x": imports },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-unresolved": "error",
      "import-x/named": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" }],
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-implicit-globals": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text reaches the page by textContent alone: use h()." },
        { property: "outerHTML", message: "Text reaches the page by textContent alone: use h()." },
        { property: "insertAdjacentHTML", message: "Text reaches the page by textContent alone: use h()." },
      ],
      // The server sends lines without their indentation.
      "no-restricted-syntax": ["error", { selector: "TemplateElement[value.raw=/\\n/]", message: "A text of one line: what is sent has no indentation." }],
      camelcase: ["error", { properties: "never", ignoreDestructuring: true }],
      eqeqeq: "error",
    },
  },
];
