import Foundation
import Glibc
import Testing

private enum SecureShell {
    static let server = "/usr/sbin/sshd"
    static let keys = "/usr/bin/ssh-keygen"
    static let isThere = [server, keys, "/usr/bin/ssh"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}

@Suite("A real ssh", .timeLimit(.minutes(5)), .enabled(if: SecureShell.isThere, "no sshd"))
struct SecureShellTests {
    /// An sshd of this test's own on loopback, which lets in one key.
    private final class Server: Sendable {
        private let identifier: String
        let configuration: String

        init(in folder: String) throws {
            for name in ["host", "login"] {
                try Self.finish(
                    SecureShell.keys, "-q", "-t", "ed25519", "-N", "", "-f",
                    folder + "/" + name)
            }
            // The one at which nobody listens may be anyone's in a moment; then sshd says so and the test fails.
            let port = try Self.freePort()
            try """
            ListenAddress 127.0.0.1:\(port)
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/login.pub
            PidFile \(folder)/sshd.pid
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            """.write(toFile: folder + "/sshd", atomically: true, encoding: .utf8)
            configuration = folder + "/ssh"
            try """
            Host localhost
                HostName 127.0.0.1
                Port \(port)
                IdentityFile \(folder)/login
                IdentitiesOnly yes
                UserKnownHostsFile \(folder)/known
                StrictHostKeyChecking accept-new
                ConnectionAttempts 20
            Host stranger
                HostName 127.0.0.1
                Port \(port)
                IdentityFile \(folder)/login
                UserKnownHostsFile /dev/null
                StrictHostKeyChecking yes
            """.write(toFile: configuration, atomically: true, encoding: .utf8)
            // Where sshd locks itself in, on systems that have not started one yet.
            if getuid() == 0 { mkdir("/run/sshd", 0o755) }
            // It goes into the background: Foundation would take one that closes what it inherits for ended, and wait.
            try Self.finish(SecureShell.server, "-f", folder + "/sshd", "-E", folder + "/sshd.log")
            identifier = folder + "/sshd.pid"
        }

        deinit {
            let text = FileManager.default.contents(atPath: identifier).map {
                String(decoding: $0, as: UTF8.self)
            }
            if let process = text.flatMap({ Int32($0.split(separator: "\n").first ?? "") }) {
                kill(process, SIGTERM)
            }
        }

        private static func finish(_ program: String, _ arguments: String...) throws {
            let process = try Process.run(URL(fileURLWithPath: program), arguments: arguments)
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }

        private static func freePort() throws -> UInt16 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0
                        && getsockname(descriptor, $0, &length) == 0
                }
            }
            try #require(bound)
            return UInt16(bigEndian: address.sin_port)
        }
    }

    @Test("starts workers, passes their tokens, and tells why a host cannot be used")
    func run() async throws {
        let tiny = try await TinyRun()
        let server = try Server(in: tiny.folder)
        _ = try await Command.run("coordinator", "keys", "--run", tiny.path("r"))
        try "localhost threads=1 workers=2\n".write(
            toFile: tiny.path("hosts"), atomically: true, encoding: .utf8)
        let flags = ["--run", tiny.path("r"), "--ssh-config", server.configuration]
        let start = ["--config", tiny.config, "--data", tiny.data]
        let result = try await Command(
            "coordinator", ["launch", "--hosts", tiny.path("hosts")] + flags + ["--"] + start
        ).finish()
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        let alone = try await Command(
            "coordinator", tiny.start("alone", "--local-workers", "1")
        ).finish()
        #expect(result.weights != nil && result.weights == alone.weights)

        try "stranger\n".write(toFile: tiny.path("other"), atomically: true, encoding: .utf8)
        let other = try Command(
            "coordinator",
            ["launch", "--hosts", tiny.path("other"), "--address", "tcp://127.0.0.1:9"] + flags)
        let told = await other.finish { line in
            if line.contains("Host key verification failed") { other.send(SIGTERM) }
        }
        #expect(told.output.contains("accept it once: ssh stranger true"), "\(told.output)")
        #expect(told.status == 75)
        withExtendedLifetime(server) {}
    }
}
