// Package sale owns the listing of an object for sale: open ascending bidding, sealed one-shot bidding, and what becomes of the
// deposits. The platform holds no money: deposits are states with the voucher of a bank or partner.
//
// The rules are pure: Auction.Attempt judges one bid under the lock of the sale,
// DecideSealed opens a sealed round, SettleDeposits shares out deposits. `techmarket replay` folds the same functions over stored facts.
package sale
