// Passwords that nobody has to think of.

// No 0 O, 1 l I: one may have to type them from a screen into a device.
const alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

// generatePassword returns length characters, each equally likely: 24 of 56 are more than 139 bits.
export function generatePassword(length = 24): string {
  const limit = 256 - (256 % alphabet.length); // bytes from here on would favour the first letters
  let password = "";
  while (password.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < limit && password.length < length) password += alphabet[byte % alphabet.length];
    }
  }
  return password;
}
