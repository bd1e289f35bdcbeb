import Launching
import Testing

@Suite("What became of a worker on another machine")
struct HostProblemTests {
    private let worker = RemoteWorker(
        host: WorkerHost(name: "node-1"), address: "tcp://10.0.0.1:5555", token: nil,
        directory: "/opt/lockstep")

    @Test(
        "that ssh did not reach is told in ssh's words and with a remedy",
        arguments: [
            ("alice@node-1: Permission denied (publickey).", "ssh-copy-id node-1"),
            ("Host key verification failed.", "ssh node-1 true"),
            ("ssh: Could not resolve hostname node-1: Name or service not known", "~/.ssh/config"),
            ("ssh: connect to host node-1 port 22: Connection refused", "start sshd"),
            ("ssh: connect to host node-1 port 22: Connection timed out", "whether it is up"),
        ])
    func connection(line: String, remedy: String) {
        let problem = HostProblem(.exit(255), output: "a banner\n\(line)\r\n", of: worker)
        #expect(line.contains(problem.reason))
        #expect(!problem.reason.hasPrefix("node-1: ") && !problem.reason.hasSuffix("."))
        #expect(problem.remedy?.contains(remedy) ?? false, "\(problem)")
    }

    @Test("whose connection was lost is not told by the worker's last line")
    func lostConnection() {
        let output = "2026-11-28 info: joined as worker 3\n"
        let problem = HostProblem(.exit(255), output: output, of: worker)
        #expect(!problem.text.contains("joined"))
        #expect(problem.text.contains("was lost"))
    }

    @Test("that was refused is told in the coordinator's words")
    func refused() {
        let problem = HostProblem(
            .exit(1), output: "info: hello\nError: refused: it has other kernels\n", of: worker)
        #expect(problem.text == "refused: it has other kernels")
    }

    @Test("without a program, or with another release's, says where programs go")
    func programs() {
        let none = HostProblem(
            .exit(127), output: "sh: /opt/lockstep/worker: not found", of: worker)
        #expect(none.text.contains("no /opt/lockstep/worker"))
        #expect(none.text.contains("dir=DIRECTORY"))
        let library = HostProblem(
            .exit(127),
            output: "worker: error while loading shared libraries: libzmq.so.5: cannot open",
            of: worker)
        #expect(library.text.contains("libzmq.so.5"))
        #expect(library.text.contains("cluster/README.md"))
        let old = HostProblem(.exit(2), output: "Error: Unknown option '--until-eof'", of: worker)
        #expect(old.text.contains("the same release"))
    }

    @Test("that was killed hints at memory")
    func killed() {
        #expect(HostProblem(.exit(137), output: "", of: worker).text.contains("memory"))
        #expect(HostProblem(.exit(139), output: "", of: worker).text.contains("signal 11"))
    }
}
