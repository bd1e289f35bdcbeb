import Checkpoints
import Configuration
import Glibc
import Testing

@Suite("A run directory belongs to one run and one process")
struct RunDirectoryTests {
    @Test("holds the resolved configuration, a journal, measurements and checkpoints")
    func layout() throws {
        try withTemporaryDirectory { directory in
            let configuration = try exampleConfiguration()
            let path = "\(directory)/deep/down/run"
            let run = try RunDirectory.create(at: path, configuration: configuration)
            #expect(
                names(in: path) == [
                    "checkpoints", "config.yaml", "journal", "lock", "metrics.jsonl",
                ])
            let text = String(decoding: try bytes(of: "\(path)/config.yaml"), as: UTF8.self)
            #expect(text == configuration.canonicalYAML)
            #expect(try RunDirectory.configuration(at: path) == configuration)
            #expect(try run.checkpoints.latestValid().checkpoint == nil)
            #expect(try run.checkpoints.final() == nil)
        }
    }

    @Test("is refused to a second owner, who is told the first one's process")
    func locked() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            let first = try RunDirectory.create(at: path, configuration: exampleConfiguration())
            let error = #expect(throws: SavedStateError.self) { try RunDirectory.resume(at: path) }
            #expect(error?.kind == .locked(process: getpid()))
            #expect(error?.description.contains("is in use by process \(getpid())") == true)
            withExtendedLifetime(first) {}
        }
    }

    @Test("is free again when its owner is gone")
    func unlocked() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do { _ = try RunDirectory.create(at: path, configuration: exampleConfiguration()) }
            _ = try RunDirectory.resume(at: path)
        }
    }

    @Test("is not made where something else lies, and nothing there is touched")
    func foreign() throws {
        try withTemporaryDirectory { directory in
            try write([1, 2, 3], to: "\(directory)/thesis.txt")
            let error = #expect(throws: SavedStateError.self) {
                try RunDirectory.create(at: directory, configuration: exampleConfiguration())
            }
            #expect(error?.kind == .foreignDirectory)
            #expect(error?.message.contains("it holds \"thesis.txt\"") == true)
            #expect(names(in: directory) == ["thesis.txt"])
            let missing = #expect(throws: SavedStateError.self) {
                try RunDirectory.resume(at: directory)
            }
            #expect(missing?.kind == .missing)
            #expect(names(in: directory) == ["thesis.txt"])
            let file = #expect(throws: SavedStateError.self) {
                try RunDirectory.create(
                    at: "\(directory)/thesis.txt", configuration: exampleConfiguration())
            }
            #expect(file?.description.contains("thesis.txt") == true)
        }
    }

    @Test("is not started twice, nor with another configuration, which is told by its keys")
    func otherConfiguration() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do { _ = try RunDirectory.create(at: path, configuration: exampleConfiguration()) }
            let before = try bytes(of: "\(path)/config.yaml")
            let again = #expect(throws: SavedStateError.self) {
                try RunDirectory.create(at: path, configuration: exampleConfiguration())
            }
            #expect(again?.kind == .runExists)
            let other = try exampleConfiguration("train.batch=16", "seed=9", "train.steps=5")
            for attempt in [
                { try RunDirectory.create(at: path, configuration: other) },
                { try RunDirectory.resume(at: path, configuration: other) },
            ] {
                let error = #expect(throws: SavedStateError.self) { try attempt() }
                let message = error?.description ?? ""
                #expect(
                    message.contains(
                        "differs in seed (9 here, 1 there), train.batch (16 here, 32 there);"))
                #expect(!message.contains("train.steps"))
                #expect(!message.contains("\n"))
            }
            #expect(try bytes(of: "\(path)/config.yaml") == before)
        }
    }

    @Test("is resumed with other limits, which it keeps")
    func otherLimits() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do {
                _ = try RunDirectory.create(
                    at: path, configuration: exampleConfiguration("train.steps=5"))
            }
            let longer = try exampleConfiguration("train.steps=50")
            let run = try RunDirectory.resume(at: path, configuration: longer)
            #expect(run.configuration == longer)
            #expect(try RunDirectory.configuration(at: path) == longer)
        }
    }

    @Test("is made or not made, wherever its making is killed")
    func killedCreation() throws {
        var point = 0
        while true {
            var finished = false
            try withTemporaryDirectory { directory in
                let path = "\(directory)/a/run"
                let configuration = try exampleConfiguration()
                let kill = Kill(after: point)
                do throws(SavedStateError) {
                    _ = try RunDirectory.create(
                        at: path, configuration: configuration, fault: kill.faultPoint)
                } catch {
                    #expect(error.kind == .interrupted)
                }
                finished = !kill.happened
                do throws(SavedStateError) {
                    _ = try RunDirectory.create(at: path, configuration: configuration)
                } catch {
                    #expect(error.kind == .runExists)
                    _ = try RunDirectory.resume(at: path)
                }
                #expect(try RunDirectory.configuration(at: path) == configuration)
            }
            if finished { break }
            point += 1
        }
        #expect(point > 8)
    }

    @Test("tells of a configuration that was damaged")
    func damagedConfiguration() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do { _ = try RunDirectory.create(at: path, configuration: exampleConfiguration()) }
            try write(Array("model: {".utf8), to: "\(path)/config.yaml")
            let error = #expect(throws: SavedStateError.self) { try RunDirectory.resume(at: path) }
            #expect(error?.kind == .malformed)
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test("takes measurements after a torn line on a line of their own")
    func metrics() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do {
                let run = try RunDirectory.create(at: path, configuration: exampleConfiguration())
                try run.metrics.append("{}")
            }
            try write(Array("{}\n{\"st".utf8), to: "\(path)/metrics.jsonl")
            try RunDirectory.resume(at: path).metrics.append("{}")
            let text = String(decoding: try bytes(of: "\(path)/metrics.jsonl"), as: UTF8.self)
            #expect(text == "{}\n{\"st\n{}\n")
        }
    }
}
