import Dispatch
import Foundation
import Glibc
import Synchronization

// The end of a run, for its local workers.

extension LocalWorkers {
    /// Ends all of them at once. They have nothing to save.
    public func abandon() {
        Self.kill(emptied())
    }

    private static func kill(_ seats: [Seat]) {
        for seat in seats {
            if let process = seat.process, process.isRunning {
                Glibc.kill(process.processIdentifier, SIGKILL)
            }
            if let process = seat.adopted, LaunchedProcesses.isRunning(process) {
                Glibc.kill(process, SIGKILL)
            }
        }
    }

    /// The seats as they are; none is filled again.
    private func emptied() -> [Seat] {
        state.withLock { state in
            state.isFinishing = true
            return state.seats.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// Waits for all to end by themselves, and ends those that do not.
    public func finish() {
        let seats = emptied()
        let killing = DispatchWorkItem { Self.kill(seats) }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace, execute: killing)
        for process in seats.compactMap(\.process) where process.isRunning {
            process.waitUntilExit()
        }
        for process in seats.compactMap(\.adopted) {
            while LaunchedProcesses.isRunning(process) { usleep(20_000) }
        }
        killing.cancel()
    }
}
