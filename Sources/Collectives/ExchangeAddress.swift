import Glibc

/// Where a member's exchange is reached: over TCP by everyone, and by a Unix socket from the same
/// machine, which costs the processors a fifth less.
///
/// As text: the TCP endpoint, then maybe the machine and the name of the Unix socket, between blanks. The
/// name is in Linux's abstract namespace: it is no file, and goes with the process.
struct ExchangeAddress: Equatable {
    /// What others connect to.
    let endpoint: String
    /// The endpoint for processes of one machine, and which machine that is.
    let local: Local?

    struct Local: Equatable {
        let machine: String
        let endpoint: String
    }

    init(endpoint: String, local: Local?) {
        self.endpoint = endpoint
        self.local = local
    }

    init(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        endpoint = words.first ?? text
        local = words.count == 3 ? Local(machine: words[1], endpoint: words[2]) : nil
    }

    var text: String {
        guard let local else { return endpoint }
        return "\(endpoint) \(local.machine) \(local.endpoint)"
    }

    /// The best endpoint for this process.
    var nearest: String {
        guard let local, local.machine == Self.machine else { return endpoint }
        return local.endpoint
    }

    /// The Unix socket of who has bound a TCP endpoint. Only one process of a network namespace can have
    /// that, so nobody else has the name.
    static func local(beside bound: String) -> Local? {
        guard let machine else { return nil }
        return Local(machine: machine, endpoint: "ipc://@lockstep-\(bound.dropFirst(6))")
    }

    /// This boot of this kernel, and the network namespace, by which containers on one kernel differ:
    /// abstract names end there. Nil where the system does not tell.
    static let machine: String? = {
        guard let boot = firstLine(of: "/proc/sys/kernel/random/boot_id") else { return nil }
        var status = stat()
        guard stat("/proc/self/ns/net", &status) == 0 else { return nil }
        return "\(boot)/\(status.st_ino)"
    }()

    private static func firstLine(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        return String(decoding: line.prefix { $0 > 32 }.map { UInt8($0) }, as: UTF8.self)
    }
}
