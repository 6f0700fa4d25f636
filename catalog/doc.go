// Package catalog says what things are: research results, what enterprises
// need, the parties and people behind them, and the identifiers, scales and
// lists that describe them. It holds no database and no wording for people:
// texts are keys of the message catalogue, codes are stable for ever.
package catalog
