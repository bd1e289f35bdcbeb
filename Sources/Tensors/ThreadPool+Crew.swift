import CKernels
import Glibc
import Synchronization

/// What the threads of a pool share.
///
/// One atomic word holds the task's number and its next tile, so that a thread that wakes late
/// cannot take a tile of a task it has not seen: its compare-and-exchange fails. Only who has taken
/// a tile reads the task's body, and the task cannot end before that tile does. The caller
/// therefore waits for tiles, never for threads to wake.
// @unchecked: `body` and `tiles` are written by the one caller of `run` while no tile is out,
// published by the release store of `ticket` and read only by who has taken a tile; `mutex` and
// `wake` are the system's own.
final class Crew: @unchecked Sendable {
    /// Task number << 32 | next tile. A task without tiles left is one whose next tile is its
    /// count.
    private let ticket = Atomic<UInt64>(0)
    /// Number of tiles of the current task, in one word with its number for the same reason.
    private let size = Atomic<UInt64>(0)
    /// Tiles of the current task that have been run.
    private let done = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let dismissed = Atomic<Bool>(false)
    private let busy = Atomic<Bool>(false)
    private var body: BorrowedTile?

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Pauses before a thread sleeps: some tens of microseconds, longer than the gap between two
    /// layers of a network and shorter than anyone sharing the machine would mind.
    private static let spins = 1000

    init() {
        mutex.initialize(to: pthread_mutex_t())
        wake.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    func run(tiles: Int, _ body: BorrowedTile) {
        let wasBusy = busy.exchange(true, ordering: .acquiring)
        precondition(!wasBusy, "ThreadPool.run is called by one thread at a time")
        let task = (ticket.load(ordering: .relaxed) >> 32 &+ 1) & 0xFFFF_FFFF
        self.body = body
        done.store(0, ordering: .relaxed)
        size.store(task << 32 | UInt64(tiles), ordering: .relaxed)
        // Sequentially consistent with `sleepers` in `sleep`: either the sleeper sees the task, or
        // we see the sleeper.
        ticket.store(task << 32, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { broadcast() }
        work(thread: 0)
        var pauses = 0
        while done.load(ordering: .acquiring) < tiles {
            // The last tiles run elsewhere; where cores are shared, their thread may need this one.
            pauses += 1
            if pauses < Crew.spins { lk_spin_pause() } else { sched_yield() }
        }
        self.body = nil
        busy.store(false, ordering: .releasing)
    }

    /// A member's life: tiles, a short wait, sleep.
    func serve(as thread: Int) {
        var seen = UInt64(0)
        while true {
            var pauses = 0
            while ticket.load(ordering: .acquiring) >> 32 == seen, pauses < Crew.spins {
                lk_spin_pause()
                pauses += 1
            }
            if ticket.load(ordering: .acquiring) >> 32 == seen { sleep(after: seen) }
            if dismissed.load(ordering: .acquiring) { return }
            seen = ticket.load(ordering: .acquiring) >> 32
            work(thread: thread)
        }
    }

    /// Ends all members once they are idle.
    func dismiss() {
        dismissed.store(true, ordering: .sequentiallyConsistent)
        let task = (ticket.load(ordering: .relaxed) >> 32 &+ 1) & 0xFFFF_FFFF
        size.store(task << 32, ordering: .relaxed)
        ticket.store(task << 32, ordering: .sequentiallyConsistent)
        broadcast()
    }

    /// Takes and runs tiles until none is left.
    private func work(thread: Int) {
        var finished = 0
        var current = ticket.load(ordering: .acquiring)
        while true {
            let limit = size.load(ordering: .acquiring)
            guard current >> 32 == limit >> 32, current < limit else { break }
            let (taken, now) = ticket.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
            guard taken else {
                current = now
                continue
            }
            guard let body else { preconditionFailure("a tile without a task") }
            body(Int(current & 0xFFFF_FFFF), thread)
            finished += 1
            current = ticket.load(ordering: .acquiring)
            // Report before leaving this task: the count belongs to it.
            if current >= limit { break }
        }
        if finished > 0 { done.add(finished, ordering: .releasing) }
    }

    private func sleep(after seen: UInt64) {
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while ticket.load(ordering: .sequentiallyConsistent) >> 32 == seen {
            pthread_cond_wait(wake, mutex)
        }
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    private func broadcast() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }
}
