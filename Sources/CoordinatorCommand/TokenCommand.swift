import AccessControl
import ArgumentParser
import Checkpoints
import Coordinating
import Foundation
import ZeroMQ

/// `coordinator token`: makes what lets a worker in.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token with which a worker joins a run from another machine.",
        usage: "coordinator token (--run <run> | --keys <dir>) [--out <file>] [<options>]",
        discussion: """
            Example:
              coordinator token --run runs/mine --name node-3 --out node-3.token
              scp node-3.token node-3:
              ssh node-3 worker join tcp://10.0.0.1:5555 --token node-3.token

            A token lets in one worker, once: that worker's own key is taken up then, and a copy of the token is worth \
            nothing. It may be made before the run starts or while it is under way. Without --out it is printed.
            """)

    @OptionGroup var place: KeyPlace

    @Option(help: "What `coordinator tokens` and `revoke` call it (default: worker-1 and so on).")
    var name: String?

    @Option(
        help: ArgumentHelp("Write it to this new file, for you alone.", valueName: "file"),
        completion: .file())
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Where workers reach the coordinator (default: where the run's listens, if it has run).",
            valueName: "tcp://host:port"))
    var address: String?

    @Option(
        help: ArgumentHelp(
            "How long it may wait to be used: 30m, 12h, 7d, or never.", valueName: "time"))
    var expires = "24h"

    @Flag(help: "Let in any number of workers, as where a job starts them and each has a new disk.")
    var reusable = false

    private var life: TimeInterval?? {
        if expires == "never" { return .some(nil) }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let unit = expires.last.flatMap({ units[$0] }),
            let count = Double(expires.dropLast()),
            count > 0, count.isFinite
        else { return nil }
        return count * unit
    }

    func validate() throws {
        guard life != nil else {
            throw ValidationError("--expires takes a number and s, m, h or d, as 12h; or never.")
        }
    }

    func run() throws {
        let keys = try CoordinatorKeys(directory: place.directory)
        if let out, FileManager.default.fileExists(atPath: out) {
            throw AccessError.exists(path: out, remedy: "name another file")
        }
        let known = try place.run.flatMap { try RunDirectory.address(at: $0) }
            .flatMap { BindAddress.isWildcard($0) ? nil : $0 }
        let token = try AccessList(directory: keys.directory).issue(
            name: name, for: keys.pair.publicKey, address: address ?? known, life: life ?? nil,
            isReusable: reusable)
        guard let out else { return print(token.text, terminator: "") }
        try token.write(to: out)
        print("token \(token.name), \(token.note), in \(out)")
    }
}

/// `coordinator tokens`: what became of them.
struct TokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "List the tokens of a run, and who came by them.",
        discussion: """
            Example: coordinator tokens --run runs/mine
            """)

    @OptionGroup var place: KeyPlace

    func run() throws {
        let keys = try CoordinatorKeys(directory: place.directory)
        let entries = try AccessList(directory: keys.directory).entries
        let width = entries.map(\.name.count).max() ?? 0
        for entry in entries {
            print(entry.name.padding(toLength: width, withPad: " ", startingAt: 0), entry.story())
        }
        if entries.isEmpty { print("no tokens yet: coordinator token \(place.flag) --out FILE") }
    }
}

extension AccessList.Entry {
    /// What became of the token, in a line.
    func story(at now: Date = Date()) -> String {
        var parts = workers.map { "used on \($0.time.brief) by a worker of \($0.host)" }
        if let revoked {
            parts.append("revoked on \(revoked.brief)")
        } else if workers.isEmpty || isReusable {
            let end = expires.map { ($0 > now ? "good until " : "expired on ") + $0.brief }
            parts.append((end ?? "good without an end") + (isReusable ? ", for any number" : ""))
        }
        return parts.joined(separator: "; ")
    }
}

/// `coordinator revoke`: lets a token, and who came by it, in no more.
struct RevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Lock out a token and the workers that came by it, also in the middle of a run.",
        discussion: """
            Example: coordinator revoke node-3 --run runs/mine

            A coordinator that runs notices within a second or two; the step goes on without the worker.
            """)

    @Argument(help: "The token's name; `coordinator tokens` lists them.")
    var name: String

    @OptionGroup var place: KeyPlace

    func run() throws {
        let keys = try CoordinatorKeys(directory: place.directory)
        try AccessList(directory: keys.directory).revoke(name)
        print("\(name) is let in no more")
    }
}
