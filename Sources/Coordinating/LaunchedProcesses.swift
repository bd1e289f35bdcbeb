import Foundation
import TrainingProtocol

/// Worker processes that some coordinator started, found by the launch token in their environment.
enum LaunchedProcesses {
    /// Those of this user's processes that have one of the tokens; the oldest of several.
    static func running(withTokens tokens: [String]) -> [String: Int32] {
        var found: [String: Int32] = [:]
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: "/proc")
        } catch {
            // Without a process list nobody can be taken over: their seats are filled anew.
            return [:]
        }
        for process in names.compactMap({ Int32($0) }).sorted() {
            guard let token = token(of: process), tokens.contains(token), isRunning(process),
                found[token] == nil
            else { continue }
            found[token] = process
        }
        return found
    }

    /// A process may end, or belong to someone else, while it is looked at: then it has none.
    private static func token(of process: Int32) -> String? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/environ") else {
            return nil
        }
        let prefix = Array("\(Hello.launchVariable)=".utf8)
        return bytes.split(separator: 0).first { $0.starts(with: prefix) }.map {
            String(decoding: $0.dropFirst(prefix.count), as: UTF8.self)
        }
    }

    /// Whether a process lives; one that has ended and was not waited for does not.
    static func isRunning(_ process: Int32) -> Bool {
        guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            let close = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        let state = stat[(close + 1)...].first { $0 != UInt8(ascii: " ") }
        return state != UInt8(ascii: "Z") && state != UInt8(ascii: "X")
    }
}
