import TrainingProtocol
import Wire
import ZeroMQ

/// Requests whose replies have not come, by ticket.
///
/// Each is kept as it was sent, so that it can be sent again under the same ticket: the coordinator answers a
/// repeated request as it answered the first, and whichever reply comes first closes it.
struct OpenRequests<Purpose> {
    /// A reply that arrives damaged is asked for again so often; a line that spoils more is not to be trusted.
    private static var repeatsOfDamaged: Int { 3 }

    private struct Request {
        let purpose: Purpose
        let frames: [Message]
        var repeats = 0
    }

    private let run: RunID
    private let term: Term
    private var requests: [UInt64: Request] = [:]
    private var nextTicket: UInt64 = 1

    init(run: RunID, term: Term) {
        self.run = run
        self.term = term
    }

    /// Opens a request.
    ///
    /// - Returns: What to send.
    mutating func open(
        _ request: DataRequest, step: Step, for purpose: Purpose, bulk: Message? = nil
    ) -> [Message] {
        let ticket = nextTicket
        nextTicket += 1
        let stamped = Stamped(
            run: run, term: term, generation: Generation(0), step: step, body: request)
        let head: Message
        do throws(WireError) {
            head = Message(try Ticketed(stamped, ticket: ticket).serialized())
        } catch {
            preconditionFailure("a request that this worker made cannot be serialised: \(error)")
        }
        let frames = [head] + (bulk.map { [$0] } ?? [])
        requests[ticket] = Request(purpose: purpose, frames: frames)
        return frames
    }

    /// What the request was for; nil where its reply came before, or nobody waits for it any more.
    func purpose(of ticket: UInt64) -> Purpose? { requests[ticket]?.purpose }

    mutating func close(_ ticket: UInt64) { requests[ticket] = nil }

    mutating func close(where isDone: (Purpose) -> Bool) {
        requests = requests.filter { !isDone($0.value.purpose) }
    }

    /// What to send where a reply came damaged; nil, and closed, where that was tried often enough.
    mutating func again(_ ticket: UInt64) -> [Message]? {
        guard let request = requests[ticket], request.repeats < Self.repeatsOfDamaged else {
            close(ticket)
            return nil
        }
        requests[ticket]?.repeats += 1
        return request.frames
    }

    /// All open requests in the order in which they were opened.
    var all: [[Message]] {
        requests.sorted { $0.key < $1.key }.map(\.value.frames)
    }
}
