/** As the contracts have them in `users/events`, whose schemas are too heavy for a page; a spec holds them equal. */
export const userNameCharsMax = 40;
export const userStatusCharsMax = 100;
