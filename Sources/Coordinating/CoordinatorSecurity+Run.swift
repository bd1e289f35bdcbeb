import AccessControl
import Checkpoints
import Foundation
import ZeroMQ

extension CoordinatorSecurity {
    /// The keys of a run, or those that the flags name; nil where there are none and none are needed.
    ///
    /// - Parameters:
    ///   - directory: The run's.
    ///   - named: Where the flags say that the keys are.
    ///   - address: Where the coordinator is to listen.
    /// - Throws: `CoordinatingError.usage` where other machines could connect and there are no keys; `AccessError`.
    static func keys(
        ofRunAt directory: String, named: String?, for address: String
    ) throws -> CoordinatorKeys? {
        let own = RunDirectory.keys(at: directory)
        let place = named ?? own
        if named != nil || CoordinatorKeys.exist(at: place) {
            return try CoordinatorKeys(directory: place)
        }
        guard !BindAddress.isLoopback(address) else { return nil }
        throw CoordinatingError.usage(
            problem: "\(address) is reached from other machines, and this run has no keys to lock "
                + "it with; make them with `coordinator keys --run \(directory)`, or bind to "
                + "loopback (the default)")
    }

    /// Keys from elsewhere belong to the run from now on: other commands find them there.
    static func link(_ named: String?, intoRunAt directory: String) throws {
        guard let named else { return }
        let own = RunDirectory.keys(at: directory)
        let target = URL(fileURLWithPath: named).path
        let files = FileManager.default
        var status = stat()
        let isLink = lstat(own, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
        if isLink { try files.removeItem(atPath: own) }
        // The run's own keys, which the flags named.
        guard !CoordinatorKeys.exist(at: own) else { return }
        try files.createSymbolicLink(atPath: own, withDestinationPath: target)
    }

    /// For the workers that the coordinator starts itself, by seat.
    func localTokens(address: String) -> @Sendable (Int) throws -> String {
        { [self] seat in try localToken(seat, address: address) }
    }

    /// The token file of a seat, made where there is none.
    private func localToken(_ seat: Int, address: String) throws -> String {
        let path = "\(keys.directory)/local-\(seat).token"
        if FileManager.default.fileExists(atPath: path) { return path }
        let token = try access.issue(
            name: "local-\(seat)", for: keys.pair.publicKey, address: address, life: nil)
        try token.write(to: path)
        return path
    }
}

/// What an address to listen at says about who can connect.
public enum BindAddress {
    /// Whether only processes of this machine reach it.
    public static func isLoopback(_ endpoint: String) -> Bool {
        let host = host(of: endpoint)
        return host == "localhost" || host == "[::1]" || host == "::1"
            || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    /// Whether it is every interface, so that no address follows by which others reach it.
    public static func isWildcard(_ endpoint: String) -> Bool {
        ["0.0.0.0", "*", "[::]", "::"].contains(host(of: endpoint))
    }

    private static func host(of endpoint: String) -> String {
        let rest = endpoint.hasPrefix("tcp://") ? endpoint.dropFirst(6) : endpoint[...]
        guard let colon = rest.lastIndex(of: ":") else { return String(rest) }
        return String(rest[..<colon])
    }
}
