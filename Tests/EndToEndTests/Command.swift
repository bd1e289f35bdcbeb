import Foundation

/// A program of this package as a process of its own, with its output as it comes.
final class Command: Sendable {
    struct Result: Sendable {
        let status: Int32
        let output: String
        let errors: String

        /// The hash that `coordinator start` prints at its end.
        var weights: String? {
            output.split(separator: "\n").last { $0.hasPrefix("weights sha256 ") }
                .map { String($0.dropFirst("weights sha256 ".count)) }
        }
    }

    private let process = Process()
    private let lines: AsyncStream<String>
    private let errors: Task<String, Never>

    /// Of the programs: the test's executable lies beside them.
    static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// Starts `coordinator` or `worker` of this build.
    ///
    /// - Parameter fileKilobytes: Writing fails beyond so much of a file, as on a disk that is full.
    init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        fileKilobytes: Int? = nil
    ) throws {
        let program = URL(fileURLWithPath: Self.folder).appendingPathComponent(name)
        if let fileKilobytes {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            let script = "trap '' XFSZ; ulimit -f \(fileKilobytes); exec \"$@\""
            process.arguments = ["-c", script, "bash", program.path] + arguments
        } else {
            process.executableURL = program
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        let errorPipe = Pipe()
        process.standardOutput = output
        process.standardError = errorPipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let outputHandle = output.fileHandleForReading
        lines = AsyncStream { continuation in
            Thread.detachNewThread {
                var rest = Data()
                while case let data = outputHandle.availableData, !data.isEmpty {
                    rest.append(data)
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        continuation.yield(
                            Self.untimed(String(decoding: rest[..<end], as: UTF8.self)))
                        rest = Data(rest[(end + 1)...])
                    }
                }
                if !rest.isEmpty {
                    continuation.yield(Self.untimed(String(decoding: rest, as: UTF8.self)))
                }
                continuation.finish()
            }
        }
        let errorHandle = errorPipe.fileHandleForReading
        errors = Task.detached {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    let data = errorHandle.readDataToEndOfFile()
                    continuation.resume(returning: String(decoding: data, as: UTF8.self))
                }
            }
        }
    }

    /// A line without the time of day that it begins with.
    private static func untimed(_ line: String) -> String {
        line.replacing(#/^\d\d:\d\d:\d\d /#, with: "")
    }

    var identifier: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end; `onLine` sees each line of output as it comes.
    func finish(onLine: (String) async throws -> Void = { _ in }) async rethrows -> Result {
        var output: [String] = []
        for await line in lines {
            output.append(line)
            try await onLine(line)
        }
        let errors = await errors.value
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: output.joined(separator: "\n"),
            errors: errors)
    }

    /// Runs a program to its end.
    static func run(_ name: String, _ arguments: String...) async throws -> Result {
        try await Command(name, arguments).finish()
    }
}
