/** Hides passwords in what is shown of settings. */

/** Up to the last `@` before the query: a password that should have been escaped is one all the same. */
const PASSWORD_IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/[^/?#@\s:]*:)[^?#\s]*(@)/gi;
const SECRET_PARAMETER = /([?&](?:password|sslpassword|sslkey)=)[^&#\s]*/gi;

/** The text with every password of a URL replaced by `***`. */
export function masked(text: string): string {
  return text.replaceAll(PASSWORD_IN_URL, "$1***$2").replaceAll(SECRET_PARAMETER, "$1***");
}
