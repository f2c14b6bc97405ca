/** The release this build belongs to (`major.minor.patch`); equal to the root package's version, which a test checks. */
export const release = '0.1.0';
