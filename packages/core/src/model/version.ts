/** Which version of millrace this is. */

/** The version of every package of this release; `package.json` says the same, and a test compares them. */
export const VERSION = "0.1.0";
