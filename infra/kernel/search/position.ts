/** Channel on which every move of a search position is told: `<target> <stream> <seq>`. */
export const searchChannel = 'parley_search';
