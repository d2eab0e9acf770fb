package ui

// PageLimit is how many requests one page of the list holds.
const PageLimit = pageLimit
