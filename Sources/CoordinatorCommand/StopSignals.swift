import Dispatch
import Foundation
import Synchronization

/// Turns the first Ctrl-C or SIGTERM into a request to stop after the step, and the second into an end at once.
final class StopSignals {
    private var sources: [any DispatchSourceSignal] = []

    /// - Parameters:
    ///   - stop: Asks for an end after the step.
    ///   - again: What a second signal of the same number does: the first of each may tell of one request, a terminal's and
    ///     a launcher's.
    init(
        _ stop: @escaping @Sendable (_ reason: String) -> Void,
        again: @escaping @Sendable () -> Void = { _exit(75) }
    ) {
        for (number, name) in [(SIGINT, "interrupted"), (SIGTERM, "terminated")] {
            // The default action would end the process before the source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let requests = RequestCounter()
            source.setEventHandler {
                switch requests.next() {
                case 1: stop(name)
                case 2: again()
                default: break
                }
            }
            source.resume()
            sources.append(source)
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}

/// Counts requests; handlers of one source never run at the same time, but the compiler cannot know.
private final class RequestCounter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
