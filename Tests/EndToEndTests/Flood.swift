import Synchronization
import ZeroMQ

/// Strangers that throw what they have at a run, each from a thread of its own: bounded in number, and ended with the run.
final class Flood: Sendable {
    struct Stranger: Sendable {
        let name: String
        /// Throws while the flood goes on.
        ///
        /// - Returns: How often it did.
        let run: @Sendable (Flood) throws -> Int
    }

    private let isOver = Atomic<Bool>(false)
    private let threads = Mutex<[String: DedicatedThread<Int>]>([:])

    /// Once; a coordinator says its address more than once.
    func begin(_ strangers: () async throws -> [Stranger]) async throws {
        guard threads.withLock({ $0.isEmpty }) else { return }
        for stranger in try await strangers() {
            let thread = try DedicatedThread(name: stranger.name) { [self] in
                try stranger.run(self)
            }
            threads.withLock { $0[stranger.name] = thread }
        }
    }

    /// How often each stranger has thrown.
    func end() throws -> [String: Int] {
        isOver.store(true, ordering: .relaxed)
        return try threads.withLock { $0 }.mapValues { try $0.join() }
    }

    var goesOn: Bool { !isOver.load(ordering: .relaxed) }
}
