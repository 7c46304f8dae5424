/** Hides passwords in what is shown of settings. */

const PASSWORD_IN_URL = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@]*?:)[^/]*(@)/i;
const SECRET_PARAMETER = /([?&](?:password|sslpassword|sslkey)=)[^&#]*/gi;

/** The text with every password of a URL replaced by `***`. */
export function masked(text: string): string {
  return text.replace(PASSWORD_IN_URL, "$1***$2").replaceAll(SECRET_PARAMETER, "$1***");
}
