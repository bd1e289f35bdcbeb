import Checkpoints
import Glibc
import Testing

@Suite("Safetensors files are read with suspicion")
struct SafetensorsTests {
    private func file(header: String, data: [UInt8] = []) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
            + Array(header.utf8) + data
    }

    private func refusal(_ bytes: [UInt8]) throws -> String {
        var message = ""
        try withTemporaryDirectory { directory in
            let path = "\(directory)/x.safetensors"
            try write(bytes, to: path)
            do throws(SavedStateError) {
                _ = try SafetensorsFile(path)
            } catch {
                #expect(error.kind == .malformed)
                #expect(error.description.hasPrefix(path))
                message = error.message
            }
        }
        return message
    }

    @Test("tensors of every type are found in the order of their names")
    func types() throws {
        let header = """
            {"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]},\
            "a":{"dtype":"U8","shape":[2,1],"data_offsets":[12,14]},\
            "c":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},\
            "__metadata__":{"format":"pt"},\
            "empty":{"dtype":"BF16","shape":[0,3],"data_offsets":[14,14]}}
            """
        try withTemporaryDirectory { directory in
            let data: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 5, 6]
            try write(file(header: header, data: data), to: "\(directory)/x")
            let opened = try SafetensorsFile("\(directory)/x")
            #expect(opened.tensors.map(\.name) == ["a", "b", "c", "empty"])
            #expect(opened.metadata == ["format": "pt"])
            let one = try opened.tensor("c", shape: [1])
            #expect(try opened.values(one) == [1])
            let error = #expect(throws: SavedStateError.self) {
                try opened.tensor("c", shape: [2])
            }
            #expect(error?.message == "tensor \"c\" is F32 [1], must be F32 [2]")
        }
    }

    @Test(
        "a header that leads astray is refused, naming the tensor",
        arguments: [
            (#""F32","shape":[1],"data_offsets":[0,8]"#, "of shape [1] needs 4 bytes and has 8"),
            (#""F32","shape":[2],"data_offsets":[4,12]"#, "lies outside the file's 8 bytes"),
            (#""F32","shape":[2],"data_offsets":[8,0]"#, "lies outside the file's 8 bytes"),
            (#""F32","shape":[2],"data_offsets":[-8,0]"#, "lies outside the file's 8 bytes"),
            (#""F32","shape":[2],"data_offsets":[0]"#, "lies outside the file's 8 bytes"),
            (#""F32","shape":[-2],"data_offsets":[0,8]"#, "has no shape that a tensor can have"),
            (
                #""F32","shape":[4611686018427387904,4],"data_offsets":[0,8]"#,
                "has a shape beyond any size"
            ),
            (#""F8","shape":[8],"data_offsets":[0,8]"#, "is of the unknown type \"F8\""),
            (#""F32","shape":[1],"data_offsets":[4,8]"#, "leaves a gap at byte 4"),
        ])
    func hostileEntries(entry: String, message: String) throws {
        let header = #"{"evil":{"dtype":"# + entry + "}}"
        let found = try refusal(file(header: header, data: [UInt8](repeating: 0, count: 8)))
        #expect(found.hasPrefix("tensor \"evil\" \(message)"))
    }

    @Test("a file that is none is refused")
    func noSafetensors() throws {
        #expect(try refusal([]).contains("too short"))
        #expect(try refusal([1, 2, 3]).contains("too short"))
        #expect(try refusal([UInt8](repeating: 255, count: 9)).contains("claims a header"))
        #expect(try refusal([100, 0, 0, 0, 0, 0, 0, 0, 123]).contains("claims a header of 100"))
        #expect(try refusal(file(header: "{")).contains("not of safetensors"))
        #expect(try refusal(file(header: "[]")).contains("not of safetensors"))
        #expect(try refusal(file(header: #"{"a":1}"#)).contains("not of safetensors"))
        #expect(try refusal(file(header: #"{"a":{"dtype":"F32"}}"#)).contains("not of safetensors"))
        #expect(try refusal(file(header: "{}", data: [0])).contains("has 1 bytes of data"))
        let overlap = """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
            "b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
            """
        let eight = [UInt8](repeating: 0, count: 8)
        #expect(try refusal(file(header: overlap, data: eight)).contains("\"b\" overlaps another"))
        let nested = String(repeating: "[", count: 100_000)
        #expect(try refusal(file(header: nested)).contains("not of safetensors"))
    }

    @Test("whatever the damage, opening returns")
    func fuzz() throws {
        try withTemporaryDirectory { directory in
            let run = try RunDirectory.create(
                at: "\(directory)/run", configuration: exampleConfiguration())
            let saved = try run.checkpoints.save(contents(step: 3), keep: 1).checkpoint
            let original = try bytes(of: saved.model().path)
            let path = "\(directory)/damaged"
            var random = SplitMix(state: 5)
            for _ in 0..<600 {
                var damaged = original
                if Bool.random(using: &random) {
                    damaged.removeLast(Int.random(in: 0...original.count, using: &random))
                }
                for _ in 0..<3 where !damaged.isEmpty {
                    let place = Int.random(in: 0..<damaged.count, using: &random)
                    damaged[place] = UInt8.random(in: 0...255, using: &random)
                }
                try write(damaged, to: path)
                do throws(SavedStateError) {
                    let file = try SafetensorsFile(path)
                    for tensor in file.tensors where tensor.type == .float32 {
                        #expect(try file.values(tensor).count == tensor.count)
                    }
                } catch {
                    #expect(!error.description.isEmpty)
                }
            }
        }
    }
}
