import Synchronization
import Tensors
import TrainingProtocol
import ZeroMQ

/// What other threads ask of the exchange's thread.
enum ExchangeOrder: Sendable {
    typealias Answer<Value: Sendable> = Mailbox<Result<Value, ExchangeError>>

    struct Reduce: Sendable {
        let step: Step
        let sums: [(subtree: Subtree, buffer: FloatBuffer)]
        let last: SlotUnderWay?
        let target: FloatBuffer
        let answer: Answer<Digest>
    }

    case configure(ExchangeMembership, Answer<Void>)
    case reduce(Reduce)
    /// More of the slot under way is final.
    case advanced
    case abort(Term, Generation)
    /// libzmq has let go of a chunk sent by the lane of this number.
    case released(lane: UInt64)
    case close
}

/// The way to the exchange's thread. After that has ended nothing is taken any more, so that nobody
/// waits for an answer that cannot come.
final class ExchangeOrders: Sendable {
    let mailbox: Mailbox<ExchangeOrder>
    private let ended = Mutex<ExchangeError?>(nil)

    init() throws(ZeroMQError) {
        mailbox = try Mailbox()
    }

    /// - Throws: why the thread has ended, if it has.
    func submit(_ order: ExchangeOrder) throws(ExchangeError) {
        let reason = ended.withLock { reason in
            if reason == nil { mailbox.send(order) }
            return reason
        }
        if let reason { throw reason }
    }

    /// Takes no more orders, and gives back those that still wait.
    func end(_ reason: ExchangeError) -> [ExchangeOrder] {
        ended.withLock { ended in
            ended = reason
            return mailbox.drain()
        }
    }
}
