import Foundation

/// The machines to start workers on, a line each: `host [threads=N] [workers=N] [dir=DIRECTORY]`. What follows
/// a `#` is a comment.
public struct HostsFile: Sendable {
    /// Why a hosts file cannot be used.
    public struct Problem: Error, Equatable, CustomStringConvertible {
        public let path: String
        /// Counted from 1; nil where it is the file.
        public let line: Int?
        public let text: String

        public var description: String {
            line.map { "\(path), line \($0): \(text)" } ?? "\(path): \(text)"
        }
    }

    static let form = "host [threads=N] [workers=N] [dir=DIRECTORY]"

    public let hosts: [WorkerHost]

    public var workers: Int { hosts.map(\.workers).reduce(0, +) }

    public init(contentsOf path: String) throws(Problem) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw Problem(
                path: path, line: nil, text: "cannot be read; it has a line a host: \(Self.form)")
        }
        try self.init(text: text, path: path)
    }

    /// - Parameter path: Named in errors.
    public init(text: String, path: String) throws(Problem) {
        var hosts: [WorkerHost] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do throws(LineProblem) {
                guard let host = try Self.host(line) else { continue }
                guard !hosts.contains(where: { $0.name == host.name }) else {
                    throw LineProblem("\(host.name) is there already; give its line workers=N")
                }
                hosts.append(host)
            } catch {
                throw Problem(path: path, line: index + 1, text: error.text)
            }
        }
        guard !hosts.isEmpty else {
            throw Problem(
                path: path, line: nil, text: "names no host; it has a line each: \(Self.form)")
        }
        self.hosts = hosts
    }

    private struct LineProblem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// Nil for a line that is empty but for a comment.
    private static func host(_ line: Substring) throws(LineProblem) -> WorkerHost? {
        let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
        guard let name = words.first else { return nil }
        // ssh would take it for a flag.
        guard !name.hasPrefix("-"), !name.contains("=") else {
            throw LineProblem("begins with \"\(name)\", which is no host's name; a line is \(form)")
        }
        var host = WorkerHost(name: String(name))
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw LineProblem("\"\(word)\" is no setting; a line is \(form)")
            }
            switch parts[0] {
            case "threads": host.threads = try count(parts[1], of: "threads")
            case "workers": host.workers = try count(parts[1], of: "workers")
            case "dir": host.directory = parts[1]
            default:
                throw LineProblem("there is no setting \"\(parts[0])\"; a line is \(form)")
            }
        }
        guard host.workers == 1 || host.threads != nil else {
            throw LineProblem("with workers=\(host.workers) say how many threads=N each has")
        }
        return host
    }

    private static func count(_ text: String, of setting: String) throws(LineProblem) -> Int {
        guard let count = Int(text), (1...4096).contains(count) else {
            throw LineProblem("\(setting)=\(text): it takes a number from 1 to 4096")
        }
        return count
    }
}
