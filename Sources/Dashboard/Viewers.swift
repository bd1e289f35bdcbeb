import Synchronization

/// Whether someone watches the page, and has seen how the run ended.
package final class Viewers: Sendable {
    private struct State {
        var asked: ContinuousClock.Instant?
        var isTold = false
    }

    /// A page asks every second; one that has not for so long is closed or out of sight.
    private static let absence = Duration.seconds(3)

    private let state = Mutex(State())

    package init() {}

    /// Someone is told how the run is.
    func told(ended: Bool) {
        state.withLock { state in
            state.asked = .now
            state.isTold = state.isTold || ended
        }
    }

    /// Whether someone is there who would see the run vanish.
    var areLeftWondering: Bool {
        state.withLock { state in
            guard let asked = state.asked, !state.isTold else { return false }
            return .now - asked < Self.absence
        }
    }
}
