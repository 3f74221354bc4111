// Package registry owns registration points, the desk's work on filings, numbers, registrations and certificates
// (技术合同认定登记管理办法, 国科发政字〔2000〕063号; state machine: docs/rules/registration.md §6).
//
// It refuses to judge: whether a contract is a technical one, and what N, T and V are, is computed by
// certify/recognition from what the registrar found; the document itself belongs to certify/contract. It refuses to
// rewrite: a decision, a number, a certificate or a booked period entry is answered by a new row, never changed.
//
// Two things move, through one table (see Table): the filing, one application at one point, and the registration, what
// stands under a 16-digit number afterwards.
//
//	filing
//	  draft ─submit▶ awaiting_acceptance ─accept▶ in_review ─pass_first_review▶ awaiting_second_review
//	                   │ │ │                       │ ▲  ▲ │                       │ │ │
//	     declined ◀────┘ │ └─────withdraw──┐       │ │  │ └──────refuse──▶       │ │ └─pass_second_review─┬─▶ awaiting_registration
//	 (decline_intake)    │                 ▼       │ │  └──return_to_review───────┘ │   (T large/disputed) │        ▲      │
//	                     │             withdrawn   │ └─submit_correction─┐         │                      ▼        │      │
//	                     └─request_correction─┬────┘─return_correction─▶ correcting └─refuse─▶ refused ◀─ awaiting_experts │
//	                                          └──────────────────▶  │  lapse_correction ──▶           reject_by_experts  │
//	                                                                                       pass_experts ─────────┘      │
//	                                                                   registered ◀── register · register_change ───────┘
//
//	registration
//	  registered ─request_change▶ changing ─register_change▶ registered (v+1) · keep ▶ registered (change refused)
//	  registered ─request_cancel· decline_cancel · review_tax_relief · book_income▶ registered
//	  registered ─cancel▶ cancelled · registered, in_re_recognition ─announce_revocation · state · drop_revocation▶ stays
//	  ─revoke▶ revoked (a second officer, after the term)
//
//	declined, refused, registered, cancelled, revoked
//	  ─open_reconsideration▶ in_reconsideration · ─open_re_recognition▶ in_re_recognition ─conclude▶ back
//	  in_reconsideration ─restore▶ awaiting_acceptance (was declined), in_review (was refused), registered (was ended)
//
// Experts read only the cases that the head assigned to them; Policy.Experts equal votes decide. The head may return a case that
// waits for experts or for registration (return_to_review).
//
// One person plays one part in one case: applicant ≠ registrar ≠ reviewer ≠ expert, and who reviewed does not register.
// filing_part keeps who played what, so a later change of roles changes nothing; its primary key and the checks of filing
// are the second wall.
package registry

// State is where a filing or a registration stands.
type State string

// The states of a filing; the last five are shared with or only for registrations.
const (
	Draft                State = "draft"                  // 草稿: still with certify/contract
	AwaitingAcceptance   State = "awaiting_acceptance"    // 待受理
	Declined             State = "declined"               // 不予受理
	Withdrawn            State = "withdrawn"              // 已撤回 (our choice: before a decision the applicant may take it back)
	InReview             State = "in_review"              // 审查中
	Correcting           State = "correcting"             // 补正中
	AwaitingSecondReview State = "awaiting_second_review" // 待复核
	AwaitingExperts      State = "awaiting_experts"       // 待专家
	AwaitingRegistration State = "awaiting_registration"  // 待登记
	Refused              State = "refused"                // 不予登记
	Registered           State = "registered"             // 已登记
	Changing             State = "changing"               // 变更审查中
	Cancelled            State = "cancelled"              // 已注销
	Revoked              State = "revoked"                // 已撤销
	InReconsideration    State = "in_reconsideration"     // 复议中
	InReRecognition      State = "in_re_recognition"      // 重新认定中
)

// Event moves a filing or a registration.
type Event string

// The events of docs/rules/registration.md §6; those marked (our choice) close what the rule book leaves open.
const (
	EventSubmit                Event = "submit"
	EventWithdraw              Event = "withdraw" // our choice
	EventAccept                Event = "accept"
	EventDeclineIntake         Event = "decline_intake"
	EventRequestCorrection     Event = "request_correction"
	EventSubmitCorrection      Event = "submit_correction"
	EventLapseCorrection       Event = "lapse_correction"
	EventDeclineCorrection     Event = "decline_correction" // our choice: the applicant says that the fault stays
	EventReturnCorrection      Event = "return_correction"  // our choice: an answer that does not mend, within the term
	EventSaveReview            Event = "save_review"        // our choice: work in progress, no decision
	EventHandOver              Event = "hand_over"          // our choice: a colleague goes on, the state stays
	EventPassFirstReview       Event = "pass_first_review"
	EventPassSecondReview      Event = "pass_second_review"
	EventReturnToReview        Event = "return_to_review"
	EventAssignExperts         Event = "assign_experts" // our choice: the head names who reads the case
	EventPassExperts           Event = "pass_experts"
	EventRejectByExperts       Event = "reject_by_experts"
	EventRegister              Event = "register"
	EventRefuse                Event = "refuse"
	EventStartChange           Event = "start_change"   // our choice: the document becomes editable
	EventAbandonChange         Event = "abandon_change" // our choice
	EventRequestChange         Event = "request_change"
	EventRegisterChange        Event = "register_change"
	EventKeep                  Event = "keep"           // our choice: a change filing ended without registration
	EventRequestCancel         Event = "request_cancel" // our choice: the asking half of cancel
	EventDeclineCancel         Event = "decline_cancel" // our choice
	EventCancel                Event = "cancel"
	EventAnnounceRevocation    Event = "announce_revocation" // our choice: 告知 before the decision
	EventState                 Event = "state"               // our choice: 陈述申辩 of the applicant
	EventDropRevocation        Event = "drop_revocation"     // our choice
	EventRevoke                Event = "revoke"
	EventReviewTaxRelief       Event = "review_tax_relief"
	EventBookIncome            Event = "book_income"
	EventReverseIncome         Event = "reverse_income" // our choice: a counter row, nothing is rewritten
	EventOpenReconsideration   Event = "open_reconsideration"
	EventOpenReRecognition     Event = "open_re_recognition"
	EventConcludeReexamination Event = "conclude" // our choice: 复议 and 重新认定 that leave the decision as it was
	EventRestore               Event = "restore"  // our choice: 复议 set the decision aside
)

// EventMove takes an open case of a suspended point to the point now competent (our choice: 办法第18–21条 only say that the
// point stops).
const EventMove Event = "move"
