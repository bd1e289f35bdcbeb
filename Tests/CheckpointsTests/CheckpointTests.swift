import Checkpoints
import Glibc
import Testing

@Suite("A checkpoint is whole or not there")
struct CheckpointTests {
    private func withRun(_ body: (RunDirectory) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            try body(
                RunDirectory.create(at: "\(directory)/run", configuration: exampleConfiguration()))
        }
    }

    @Test("what is saved is what is found, tensor for tensor")
    func roundTrip() throws {
        try withRun { run in
            let saved = try run.checkpoints.save(contents(step: 12), keep: 3)
            #expect(saved.notes == [])
            let found = try #require(try run.checkpoints.latestValid().checkpoint)
            #expect(found == saved.checkpoint)
            #expect(found.path.hasSuffix("/checkpoints/step-00000012"))
            #expect(found.step == 12 && found.manifest.epoch == 1)
            #expect(found.manifest.numerics["instructions"] == "avx2")
            let model = try found.model()
            let weights = try model.tensor("head.weight", shape: [2, 3])
            #expect(try model.values(weights) == (0..<6).map { 12 + Float($0) / 8 })
            #expect(try found.optimizer().tensors.map(\.name) == ["momentum/head.weight"])
        }
    }

    @Test("the same state gives the same bytes")
    func reproducible() throws {
        var all: [[[UInt8]]] = []
        for _ in 0..<2 {
            try withRun { run in
                let path = try run.checkpoints.save(contents(step: 4), keep: 1).checkpoint.path
                all.append(try names(in: path).map { try bytes(of: "\(path)/\($0)") })
            }
        }
        #expect(all[0] == all[1])
        #expect(all[0].count == 3)
    }

    @Test("the last few are kept")
    func retention() throws {
        try withRun { run in
            for step in [5, 10, 15, 20] {
                _ = try run.checkpoints.save(contents(step: step), keep: 2)
            }
            #expect(try run.checkpoints.steps() == [15, 20])
            #expect(names(in: run.checkpoints.path) == ["step-00000015", "step-00000020"])
        }
    }

    @Test("a step saved twice is left as it is, and refused with other weights")
    func savedTwice() throws {
        try withRun { run in
            let first = try run.checkpoints.save(contents(step: 5), keep: 2).checkpoint
            #expect(try run.checkpoints.save(contents(step: 5), keep: 2).checkpoint == first)
            let error = #expect(throws: SavedStateError.self) {
                try run.checkpoints.save(contents(step: 5, value: 6), keep: 2)
            }
            #expect(error?.kind == .otherWeights)
            #expect(try run.checkpoints.latestValid().checkpoint == first)
        }
    }

    @Test(
        "the one before is used where the newest is damaged, saying why",
        arguments: ["model.safetensors", "optimizer.safetensors", "manifest.json"])
    func fallback(name: String) throws {
        try withRun { run in
            _ = try run.checkpoints.save(contents(step: 5), keep: 3)
            let newest = try run.checkpoints.save(contents(step: 10), keep: 3).checkpoint
            let original = try bytes(of: "\(newest.path)/\(name)")
            for place in stride(from: 0, to: original.count, by: 7) {
                var damaged = original
                damaged[place] ^= 0x10
                try write(damaged, to: "\(newest.path)/\(name)")
                let search = try run.checkpoints.latestValid()
                #expect(search.checkpoint?.step == 5)
                #expect(search.notes.count == 1)
                #expect(search.notes.first?.contains("ignored the checkpoint of step 10") == true)
                #expect(search.notes.first?.contains(name) == true)
            }
            try write(Array(original.dropLast()), to: "\(newest.path)/\(name)")
            #expect(try run.checkpoints.latestValid().checkpoint?.step == 5)
            unlink("\(newest.path)/\(name)")
            #expect(try run.checkpoints.latestValid().checkpoint?.step == 5)
            // Resumed from step 5, the run comes by step 10 again and saves it anew.
            let again = try run.checkpoints.save(contents(step: 10), keep: 3).checkpoint
            #expect(try run.checkpoints.latestValid().checkpoint == again)
        }
    }

    @Test("a directory under another step's name is not taken for that step")
    func renamedDirectory() throws {
        try withRun { run in
            let path = try run.checkpoints.save(contents(step: 5), keep: 3).checkpoint.path
            #expect(rename(path, "\(run.checkpoints.path)/step-00000050") == 0)
            let search = try run.checkpoints.latestValid()
            #expect(search.checkpoint == nil)
            #expect(search.notes.first?.contains("has the manifest of step 5") == true)
        }
    }

    @Test("directories of a step without a manifest are swept, other things are left alone")
    func sweeping() throws {
        try withRun { run in
            let path = run.checkpoints.path
            for name in ["step-00000002", ".saving-step-00000003", "notes", "step-7"] {
                #expect(mkdir("\(path)/\(name)", 0o777) == 0)
            }
            let search = try run.checkpoints.latestValid()
            #expect(search.checkpoint == nil && search.notes.count == 1)
            let saved = try run.checkpoints.save(contents(step: 5), keep: 1)
            #expect(saved.notes.count == 2)
            #expect(names(in: path) == ["notes", "step-00000005", "step-7"])
        }
    }

    @Test("a kill before any operation of a save leaves the one before, and nothing for long")
    func killedSaving() throws {
        var point = 0
        while true {
            var finished = false
            try withTemporaryDirectory { directory in
                let path = "\(directory)/run"
                do {
                    let run = try RunDirectory.create(
                        at: path, configuration: exampleConfiguration())
                    _ = try run.checkpoints.save(contents(step: 5), keep: 1)
                }
                let kill = Kill(after: point)
                do throws(SavedStateError) {
                    let run = try RunDirectory.resume(at: path, fault: kill.faultPoint)
                    _ = try run.checkpoints.save(contents(step: 10), keep: 1)
                } catch {
                    #expect(error.kind == .interrupted)
                }
                finished = !kill.happened
                let run = try RunDirectory.resume(at: path)
                let found = try #require(try run.checkpoints.latestValid().checkpoint)
                #expect(found.step == 5 || found.step == 10)
                #expect(finished == false || found.step == 10)
                let first = try found.model().values(found.model().tensor("bn.bias", shape: [1]))
                #expect(first == [Float(found.step)])
                _ = try run.checkpoints.save(contents(step: 10), keep: 1)
                _ = try run.checkpoints.save(contents(step: 15), keep: 1)
                #expect(names(in: run.checkpoints.path) == ["step-00000015"])
            }
            if finished { break }
            point += 1
        }
        #expect(point > 20)
    }

    @Test("a kill before any operation leaves the result before, or the new one")
    func killedFinal() throws {
        var point = 0
        while true {
            var finished = false
            try withTemporaryDirectory { directory in
                let path = "\(directory)/run"
                do {
                    let run = try RunDirectory.create(
                        at: path, configuration: exampleConfiguration())
                    _ = try run.checkpoints.saveFinal(contents(step: 5))
                }
                let kill = Kill(after: point)
                do throws(SavedStateError) {
                    let run = try RunDirectory.resume(at: path, fault: kill.faultPoint)
                    _ = try run.checkpoints.saveFinal(contents(step: 10))
                } catch {
                    #expect(error.kind == .interrupted)
                }
                finished = !kill.happened
                let run = try RunDirectory.resume(at: path)
                let found = try #require(try run.checkpoints.final())
                #expect(found.step == 5 || found.step == 10)
                #expect(finished == false || found.step == 10)
                #expect(try run.checkpoints.saveFinal(contents(step: 11)).step == 11)
                #expect(!names(in: path).contains { $0.hasPrefix(".") })
            }
            if finished { break }
            point += 1
        }
        #expect(point > 15)
    }

    @Test(
        "a disk that fails at any write is told by its kind, and damages nothing",
        arguments: [SavedStateError.Kind.noSpace, .readOnly])
    func failingDisk(kind: SavedStateError.Kind) throws {
        for failing in 0..<4 {
            try withTemporaryDirectory { directory in
                let path = "\(directory)/run"
                do {
                    let run = try RunDirectory.create(
                        at: path, configuration: exampleConfiguration())
                    _ = try run.checkpoints.save(contents(step: 5), keep: 1)
                }
                let kill = Kill(after: failing)
                let run = try RunDirectory.resume(at: path) { operation throws(SavedStateError) in
                    guard case .write = operation else { return }
                    do throws(SavedStateError) {
                        try kill.faultPoint(operation)
                    } catch {
                        throw SavedStateError(kind, "\(operation)", "failed")
                    }
                }
                let error = #expect(throws: SavedStateError.self) {
                    try run.checkpoints.save(contents(step: 10), keep: 1)
                }
                #expect(error?.kind == kind)
                #expect(try run.checkpoints.latestValid().checkpoint?.step == 5)
            }
        }
    }
}
