import Glibc
import Synchronization

/// Threads that share the tiles of one task at a time.
///
/// The caller takes tiles too. Which thread runs a tile is left to chance, so a tile's result must
/// depend on its number alone, and the thread's number serves only to find scratch memory. With one
/// thread there is no thread but the caller's. Between tasks threads spin for some microseconds,
/// then sleep.
///
/// One thread at a time may call `run`, and not from within a tile.
public final class ThreadPool: Sendable {
    /// The number of threads, with the caller's.
    public let threads: Int

    private let crew: Crew
    private let members: [pthread_t]

    /// Starts `threads - 1` threads.
    ///
    /// - Throws: `ThreadPoolError` if the system refuses a thread.
    public init(threads: Int) throws(ThreadPoolError) {
        precondition(threads >= 1, "a pool of \(threads) threads")
        self.threads = threads
        let crew = Crew()
        self.crew = crew
        var members: [pthread_t] = []
        for number in 1..<max(threads, 1) {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Enlistment(crew: crew, number: number))
            let code = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let own = Unmanaged<Enlistment>.fromOpaque(argument).takeRetainedValue()
                    own.crew.serve(as: own.number)
                    return nil
                }, start.toOpaque())
            guard code == 0 else {
                start.release()
                crew.dismiss()
                for member in members { pthread_join(member, nil) }
                throw ThreadPoolError(wanted: threads, code: code)
            }
            members.append(thread)
        }
        self.members = members
    }

    deinit {
        crew.dismiss()
        for member in members { pthread_join(member, nil) }
    }

    /// Calls `body(tile, thread)` once for every tile in 0 ..< tiles, and returns when all have.
    public func run(tiles: Int, _ body: (_ tile: Int, _ thread: Int) -> Void) {
        precondition(tiles >= 0 && tiles < Int(UInt32.max), "\(tiles) tiles")
        if threads == 1 || tiles <= 1 {
            for tile in 0..<tiles { body(tile, 0) }
            return
        }
        BorrowedTile.withBorrowed(body) { crew.run(tiles: tiles, $0) }
    }
}

/// The system refused to start a thread.
public struct ThreadPoolError: Error, CustomStringConvertible, Equatable {
    /// The number of threads asked for.
    public let wanted: Int
    /// The error number of pthread_create.
    public let code: Int32

    public var description: String {
        "cannot start \(wanted) threads: \(String(cString: strerror(code))); "
            + "ask for fewer, or raise the limit on processes (ulimit -u)"
    }
}

/// What a new thread is told.
private final class Enlistment: Sendable {
    let crew: Crew
    let number: Int

    init(crew: Crew, number: Int) {
        self.crew = crew
        self.number = number
    }
}
