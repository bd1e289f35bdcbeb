import ArgumentParser
import Checkpoints
import Comparing
import Foundation

/// One training run of a comparison: `coordinator start` as a process of its own, so that a run is
/// the same whoever starts it.
struct ComparedRun {
    let recipe: String
    let seed: UInt64
    let configuration: String
    let directory: String
    /// The run that the first weights come from.
    let from: String?
    let overrides: [String]
    let localWorkers: Int
    let threadsPerWorker: Int

    /// Trains until the run has its final weights; one that has them is left alone.
    ///
    /// - Throws: `ComparisonError` where training fails, `ExitCode` where it was interrupted.
    func complete() throws {
        if FileManager.default.fileExists(atPath: directory + "/final/manifest.json") { return }
        let parent = URL(fileURLWithPath: directory).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        let log = directory + ".log"
        guard FileManager.default.createFile(atPath: log, contents: nil),
            let output = FileHandle(forWritingAtPath: log)
        else { throw failure("cannot write its log", log) }
        defer { output.closeFile() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit else {
            throw failure("ended by signal \(process.terminationStatus)", log)
        }
        switch process.terminationStatus {
        case 0: break
        case 75:
            print("\(recipe), seed \(seed), was stopped; the same command goes on with it")
            throw ExitCode(75)
        default: throw failure("training failed", log)
        }
    }

    private var arguments: [String] {
        let workers = [
            "--local-workers", "\(localWorkers)", "--threads-per-worker", "\(threadsPerWorker)",
        ]
        // A run that was interrupted goes on as it was configured.
        guard !FileManager.default.fileExists(atPath: directory + "/config.yaml") else {
            return ["start", "--run", directory] + workers
        }
        return ["start", "--config", configuration, "--run", directory] + workers
            + (from.map { ["--from", $0] } ?? [])
            + (overrides + ["seed=\(seed)"]).flatMap { ["--set", $0] }
    }

    private func failure(_ problem: String, _ log: String) -> ComparisonError {
        .run(name: recipe, seed: seed, problem: problem, log: log)
    }
}
