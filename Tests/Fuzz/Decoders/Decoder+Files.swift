import Checkpoints
import Configuration
import Crypto
import FoundationEssentials
import TrainingProtocol

// Files: read or refused, as a whole.

extension Decoder {
    static func journal(_ input: [UInt8]) -> String? {
        let path = InputFolder.write(input, to: "journal")
        do throws(SavedStateError) {
            let contents = try Journal.contents(of: path)
            let lines = contents.lines.reduce(0) { $0 + $1.utf8.count + 10 }
            return lines + contents.droppedBytes == input.count
                ? nil : "bytes of a journal are neither read nor dropped"
        } catch {
            return explained(error.description)
        }
    }

    static func journalRecords(_ input: [UInt8]) -> String? {
        var records: [JournalRecord] = []
        let decoder = JSONDecoder()
        for line in input.split(separator: UInt8(ascii: "\n")).prefix(64) {
            do {
                records.append(try decoder.decode(JournalRecord.self, from: Data(line)))
            } catch {
                continue
            }
        }
        let history = JournalHistory(records)
        let commits = history.commits
        let schedule = { (samples: Int) in
            StepSchedule(seed: 3, samples: samples, batch: 8, slots: 4, epochs: 2)
        }
        let samples = JournalAudit.trainingSamples(of: commits, schedule) ?? 22
        let report = JournalAudit.report(of: records, schedule(samples))
        _ = history.digests(from: Step(0))
        return report.records == records.count ? nil : "an audit passes over records"
    }

    static func safetensors(_ input: [UInt8]) -> String? {
        let path = InputFolder.write(input, to: "input")
        do throws(SavedStateError) {
            let file = try SafetensorsFile(path)
            var bytes = 0
            for tensor in file.tensors {
                bytes += tensor.bytes.count
                if tensor.type == .float32 { _ = try file.values(tensor) }
            }
            guard bytes <= input.count else { return "tensors of more bytes than the file" }
            guard file.tensors.allSatisfy({ $0.type == .float32 }) else { return nil }
            _ = try file.weightsSHA256()
            return nil
        } catch {
            return explained(error.description)
        }
    }

    static func manifest(_ input: [UInt8]) -> String? {
        // With the hash that it would have, or no input would ever come past that.
        let digits = SHA256.hash(data: input).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let end = ",\n\"sha256\":\"\(digits.joined())\"}\n"
        _ = InputFolder.write(
            Array("{\"manifest\":".utf8) + input + Array(end.utf8), to: "manifest.json")
        do throws(SavedStateError) {
            _ = try Checkpoint(verifying: InputFolder.path)
            return "a checkpoint is valid without its files"
        } catch {
            return explained(error.description)
        }
    }

    static func datasetRecord(_ input: [UInt8]) -> String? {
        _ = InputFolder.write(input, to: "dataset.json")
        do throws(SavedStateError) {
            let record = try RunDirectory.dataset(ofRunAt: InputFolder.path)
            return record == nil ? "a record is there and is not seen" : nil
        } catch {
            return explained(error.description)
        }
    }

    static func configuration(_ input: [UInt8]) -> String? {
        settled(yaml: String(decoding: input, as: UTF8.self), overrides: [])
    }

    static func override(_ input: [UInt8]) -> String? {
        settled(yaml: Seeds.configurationText, overrides: [String(decoding: input, as: UTF8.self)])
    }

    private static func settled(yaml: String, overrides: [String]) -> String? {
        do throws(ConfigurationError) {
            let configuration = try RunConfiguration(yaml: yaml, overrides: overrides)
            let text = configuration.canonicalYAML
            let again = try RunConfiguration(yaml: text)
            return again.canonicalYAML == text
                ? nil : "a configuration changes when it is read again"
        } catch {
            if error.problems.isEmpty { return "a refusal without a reason" }
            let isShown = error.problems.allSatisfy { !$0.description.contains("\n") }
            return isShown ? nil : "a problem does not fit a line"
        }
    }
}
