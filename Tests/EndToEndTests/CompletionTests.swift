import Foundation
import Testing

/// What bash offers with the programs' own scripts.
@Suite("Completions")
struct CompletionTests {
    /// Completes the last word as bash does when somebody presses the key for it.
    private static let script = """
        source <("$1/$2" --generate-completion-script bash)
        complete=$(complete -p "$2" | sed -E 's/.* -F ([^ ]+) .*/\\1/')
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
        COMP_POINT=${#COMP_LINE}
        "$complete" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """

    private func offers(for words: String..., in folder: String) async throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.arguments = ["-c", Self.script, "bash", Command.folder] + words
        process.standardOutput = output
        try process.run()
        let text = await output.text()
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init).sorted()
    }

    @Test("offer subcommands, flags, values, and files of the kind that a flag takes")
    func offers() async throws {
        let folder = NSTemporaryDirectory() + "lockstep-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder + "/runs", withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch {
                print("left behind \(folder): \(error)")
            }
        }
        for name in ["a.yaml", "b.h5", "c.token"] {
            try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        let program = "coordinator"
        #expect(try await offers(for: program, "sta", in: folder) == ["start", "status"])
        #expect(
            try await offers(for: program, "start", "--loc", in: folder) == ["--local-workers"])
        #expect(
            try await offers(for: program, "start", "--config", "", in: folder)
                == ["a.yaml", "runs"])
        #expect(
            try await offers(for: program, "start", "--data", "", in: folder) == ["b.h5", "runs"])
        #expect(try await offers(for: program, "stop", "--run", "", in: folder) == ["runs"])
        #expect(
            try await offers(for: program, "export", "--names", "py", in: folder)
                == ["pyslowfast", "pytorchvideo"])
        #expect(
            try await offers(for: program, "dataset", "inspect", "", in: folder)
                == ["b.h5", "runs"])
        #expect(try await offers(for: "worker", "j", in: folder) == ["join"])
        #expect(
            try await offers(for: "worker", "join", "--token", "", in: folder)
                == ["a.yaml", "b.h5", "c.token", "runs"])
    }
}
