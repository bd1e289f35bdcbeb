import Synchronization
import Training
import TrainingProtocol

/// The newest state that is saved, kept in memory: what workers begin from when none of them has a newer one.
///
/// The saver sets it, the data thread reads it. Nobody changes a state that is here.
package final class NewestState: Sendable {
    private let saved: Mutex<(step: Step, state: TrainingState)?>

    /// - Parameter start: Nil where the run starts from its seed.
    package init(_ start: (step: Step, state: TrainingState)?) { saved = Mutex(start) }

    package var value: (step: Step, state: TrainingState)? { saved.withLock { $0 } }

    /// An older one than is here comes late, and changes nothing.
    package func set(_ step: Step, _ state: TrainingState) {
        saved.withLock { saved in
            if let saved, saved.step >= step { return }
            saved = (step, state)
        }
    }
}
