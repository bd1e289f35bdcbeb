import Foundation

/// Runs one of FFmpeg's programs and reads what it writes.
///
/// Not for use by several threads at once.
final class VideoProgram {
    private let process = Process()
    private let output = Pipe()
    private let complaints: URL
    private let program: String

    /// Starts `program`, found on the search path.
    init(_ program: String, _ arguments: [String]) throws(VideoError) {
        self.program = program
        let path = try Self.find(program)
        // A pipe for the complaints could fill up and stop the program while frames are read.
        complaints = FileManager.default.temporaryDirectory
            .appending(path: "\(program)-\(UUID().uuidString).log")
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        do {
            try Data().write(to: complaints)
            process.standardError = try FileHandle(forWritingTo: complaints)
            try process.run()
        } catch {
            throw .programFailed(program: program, problem: error.localizedDescription)
        }
    }

    deinit {
        if process.isRunning { process.terminate() }
        // The log is ours alone; where it is gone already there is nothing to do.
        unlink(complaints.path)
    }

    /// Fills `memory`; less only where the program's output ends.
    ///
    /// - Returns: the bytes read.
    func read(into memory: UnsafeMutableRawBufferPointer) throws(VideoError) -> Int {
        let descriptor = output.fileHandleForReading.fileDescriptor
        var filled = 0
        while filled < memory.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
            let count = Foundation.read(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .programFailed(program: program, problem: String(cString: strerror(errno)))
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Everything the program writes.
    func readAll() throws(VideoError) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try part.withUnsafeMutableBufferPointer { (part) throws(VideoError) in
                try read(into: UnsafeMutableRawBufferPointer(part))
            }
            all += part.prefix(count)
            if count < part.count { return all }
        }
    }

    /// Waits for the program's end.
    ///
    /// - Returns: whether it succeeded, and the last line it complained with.
    func wait() -> (succeeded: Bool, complaint: String) {
        process.waitUntilExit()
        let said: String
        do {
            said = String(decoding: try Data(contentsOf: complaints), as: UTF8.self)
        } catch {
            said = error.localizedDescription
        }
        let last = said.split(whereSeparator: \.isNewline).last.map(String.init)
        let succeeded = process.terminationReason == .exit && process.terminationStatus == 0
        return (succeeded, last ?? "no reason given")
    }

    /// The first program of this name on the search path.
    private static func find(_ program: String) throws(VideoError) -> String {
        let search = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in search.split(separator: ":") {
            let path = "\(folder)/\(program)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw .programMissing(program)
    }
}
