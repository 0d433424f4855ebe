package httpapi

// Defuse is tested by itself: few of these can begin a cell today.
var Defuse = defuse
