import Foundation

extension Pipe {
    /// All that is written to it until its last writer has closed it. The thread that waits is none of the cooperative
    /// pool's.
    func text() async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let data = self.fileHandleForReading.readDataToEndOfFile()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }
}
