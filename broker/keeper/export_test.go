package keeper

// NoteBroker lets a test leave word of a broker as a keeper does that dies.
var NoteBroker = noteBroker
