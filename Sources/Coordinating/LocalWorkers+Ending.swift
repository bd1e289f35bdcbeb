import Dispatch
import Foundation
import Synchronization

// The end of a run, for its local workers.

extension LocalWorkers {
    /// Ends all of them at once. They have nothing to save.
    public func abandon() {
        for seat in emptied() {
            if let process = seat.process, process.isRunning {
                kill(process.processIdentifier, SIGKILL)
            }
            if let process = seat.adopted, LaunchedProcesses.isRunning(process) {
                kill(process, SIGKILL)
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
        let processes = seats.compactMap(\.process).filter(\.isRunning)
        let adopted = seats.compactMap(\.adopted)
        let killing = DispatchWorkItem {
            for process in processes where process.isRunning {
                kill(process.processIdentifier, SIGKILL)
            }
            for process in adopted where LaunchedProcesses.isRunning(process) {
                kill(process, SIGKILL)
            }
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace, execute: killing)
        for process in processes { process.waitUntilExit() }
        for process in adopted {
            while LaunchedProcesses.isRunning(process) { usleep(20_000) }
        }
        killing.cancel()
    }
}
