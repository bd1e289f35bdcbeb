import Launching
import Testing

@Suite("A hosts file")
struct HostsFileTests {
    private func problem(_ text: String) -> String? {
        do throws(HostsFile.Problem) {
            _ = try HostsFile(text: text, path: "hosts")
            return nil
        } catch {
            return error.description
        }
    }

    @Test("names a host a line, with settings in any order, comments and empty lines")
    func hosts() throws {
        let file = try HostsFile(
            text: """
                # the new rack
                node-1 threads=16
                alice@node-2  dir=/opt/lockstep workers=2 threads=8   # two sockets

                node-3
                """, path: "hosts")
        #expect(
            file.hosts == [
                WorkerHost(name: "node-1", threads: 16),
                WorkerHost(
                    name: "alice@node-2", workers: 2, threads: 8, directory: "/opt/lockstep"),
                WorkerHost(name: "node-3"),
            ])
        #expect(file.workers == 4)
    }

    @Test(
        "is refused with the line and the way out",
        arguments: [
            ("a\nb thread=2", "line 2: there is no setting \"thread\""),
            ("a threads=0", "line 1: threads=0: it takes a number from 1 to 4096"),
            ("a workers=2", "say how many threads=N each has"),
            ("a\n\na", "line 3: a is there already; give its line workers=N"),
            ("a 16", "\"16\" is no setting"),
            ("threads=2", "is no host's name"),
            ("# nobody", "names no host"),
        ])
    func refusals(text: String, words: String) throws {
        let problem = try #require(self.problem(text))
        #expect(problem.contains(words), "\(problem)")
    }

    @Test("has no host that ssh would take for a flag")
    func flags() {
        #expect(problem("-oProxyCommand=reboot") != nil)
    }

    @Test("that is not there is an error that shows what one looks like")
    func missing() {
        #expect(throws: HostsFile.Problem.self) {
            try HostsFile(contentsOf: "/nonexistent/hosts")
        }
    }
}
