import Synchronization
import TrainingProtocol

/// The numerics profile of a run, once it is pinned.
final class SharedProfile: Sendable {
    private let entries: Mutex<[ProfileEntry]>

    init(_ entries: [ProfileEntry]?) { self.entries = Mutex(entries ?? []) }

    func pin(_ entries: [ProfileEntry]) { self.entries.withLock { $0 = entries } }

    func value() -> [ProfileEntry] { entries.withLock { $0 } }
}
