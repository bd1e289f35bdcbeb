import Checkpoints
import Glibc
import Testing

@Suite("The journal")
struct JournalTests {
    private func withRun(_ body: (RunDirectory, String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            let run = try RunDirectory.create(at: path, configuration: exampleConfiguration())
            try body(run, "\(path)/journal")
        }
    }

    @Test("keeps lines with a chained CRC-32 that zlib confirms")
    func format() throws {
        try withRun { run, path in
            try run.journal.append(#"{"commit":1}"#)
            try run.journal.append(#"{"commit":2}"#)
            // first = zlib.crc32(b'{"commit":1}'); zlib.crc32(b'{"commit":2}', first)
            let expected = "{\"commit\":1}\t00ffa997\n{\"commit\":2}\t58e2c21e\n"
            #expect(String(decoding: try bytes(of: path), as: UTF8.self) == expected)
            #expect(try Journal.contents(of: path).lines == [#"{"commit":1}"#, #"{"commit":2}"#])
        }
    }

    @Test("goes on where it was left")
    func reopened() throws {
        try withTemporaryDirectory { directory in
            for number in 0..<3 {
                let run =
                    try number == 0
                    ? RunDirectory.create(
                        at: "\(directory)/run", configuration: exampleConfiguration())
                    : RunDirectory.resume(at: "\(directory)/run")
                #expect(run.journal.contents.lines == (0..<number).map { "line\t\($0)" })
                try run.journal.append("line\t\(number)")
            }
        }
    }

    @Test("drops a torn end at every length, says how much, and takes further lines")
    func tornEnd() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do {
                let run = try RunDirectory.create(at: path, configuration: exampleConfiguration())
                for line in ["first", "second", "third"] { try run.journal.append(line) }
            }
            let whole = try bytes(of: "\(path)/journal")
            let last = "third\t01234567\n".utf8.count
            for torn in 1..<last {
                try write(Array(whole.dropLast(torn)), to: "\(path)/journal")
                let run = try RunDirectory.resume(at: path)
                #expect(run.journal.contents.lines == ["first", "second"])
                #expect(run.journal.contents.droppedBytes == last - torn)
                try run.journal.append("third")
                #expect(try bytes(of: "\(path)/journal") == whole)
            }
            // The length reached the disk and the bytes did not.
            let zeros = [UInt8](repeating: 0, count: 9)
            try write(Array(whole.dropLast(9)) + zeros, to: "\(path)/journal")
            #expect(try RunDirectory.resume(at: path).journal.contents.droppedBytes == last)
        }
    }

    @Test("names the line that is damaged, missing, doubled or moved")
    func damagedLine() throws {
        try withRun { run, path in
            for line in ["first", "second", "third", "fourth"] { try run.journal.append(line) }
            let lines = try bytes(of: path).split(separator: UInt8(ascii: "\n")).map { $0 + [10] }
            var flipped = lines
            flipped[1][flipped[1].startIndex] ^= 1
            let cases: [(lines: [ArraySlice<UInt8>], line: Int)] = [
                (flipped, 2), ([lines[0], lines[2], lines[3]], 2),
                ([lines[0], lines[0], lines[1]], 2), ([lines[0], lines[2], lines[1], lines[3]], 2),
                ([lines[1], lines[2]], 1),
            ]
            for (damaged, number) in cases {
                try write(damaged.flatMap { $0 }, to: path)
                let error = #expect(throws: SavedStateError.self) {
                    try Journal.contents(of: path)
                }
                #expect(error?.kind == .corrupt)
                #expect(error?.message == "line \(number) is not as it was written")
            }
        }
    }

    @Test("returns whatever the damage, and never invents a line")
    func fuzz() throws {
        try withRun { run, path in
            let lines = (0..<12).map { #"{"commit":\#($0),"loss":1.25}"# }
            for line in lines { try run.journal.append(line) }
            let original = try bytes(of: path)
            var random = SplitMix(state: 9)
            for _ in 0..<400 {
                var damaged = original
                if Bool.random(using: &random) {
                    damaged.removeLast(Int.random(in: 0...original.count, using: &random))
                }
                for _ in 0..<Int.random(in: 0...2, using: &random) where !damaged.isEmpty {
                    let place = Int.random(in: 0..<damaged.count, using: &random)
                    damaged[place] = UInt8.random(in: 0...255, using: &random)
                }
                try write(damaged, to: path)
                do throws(SavedStateError) {
                    let found = try Journal.contents(of: path)
                    #expect(found.lines == Array(lines.prefix(found.lines.count)))
                    #expect(found.droppedBytes <= damaged.count)
                } catch {
                    #expect(error.kind == .corrupt)
                }
            }
        }
    }

    @Test("stays as it was where a line cannot be written, and takes the next")
    func failedWrite() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/run"
            do {
                let run = try RunDirectory.create(at: path, configuration: exampleConfiguration())
                try run.journal.append("first")
            }
            let kill = Kill(after: 1)
            let run = try RunDirectory.resume(at: path) { operation throws(SavedStateError) in
                guard case .write = operation else { return }
                if kill.happened { return }
                do throws(SavedStateError) {
                    try kill.faultPoint(operation)
                } catch {
                    throw SavedStateError(.noSpace, "journal", "failed")
                }
            }
            try run.journal.append("second")
            #expect(throws: SavedStateError.self) { try run.journal.append("third") }
            try run.journal.append("fourth")
            let found = try Journal.contents(of: "\(path)/journal")
            #expect(found.lines == ["first", "second", "fourth"])
        }
    }
}
