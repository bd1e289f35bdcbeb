import Dispatch
import Foundation
import Synchronization

/// Turns the first Ctrl-C, SIGTERM or closing of the terminal into a request to stop after the step, and the second
/// into an end at once.
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
        let names = [
            (SIGINT, "interrupted"), (SIGTERM, "terminated"), (SIGHUP, "its terminal was closed"),
        ]
        for (number, name) in names {
            // The default action would end the process before the source hears of it.
            let before = signal(number, SIG_IGN)
            // Under nohup a terminal may go.
            if number == SIGHUP, Self.isIgnored(before) { continue }
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

    private static func isIgnored(_ handler: __sighandler_t?) -> Bool {
        unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
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
