import Checkpoints
import TrainingProtocol

// Files as text, so that they stay as they were written once, whatever writes them now.

extension Seeds {
    static let configurationText = """
        name: example
        seed: 7
        model:
          kind: slowfast-lstm
          classes: 5
          input: {frames: 8, size: 32}
          models:
            - {name: f1, alpha: 4}
            - {name: f2, alpha: 2, weight: 0.5}
          slow: {block: basic, layers: [1, 1], width: 8, shortcut: B}
          fast: {channels: 8, hidden: 4, encoder: convlstm, bidirectional: true}
          sharing: {kind: same-level, templates: 2}
          loss: {reduce: clip, ensemble: 0.25}
        data:
          path: clips.h5
        train:
          batch: 8
          slots: 4
          epochs: 3
          optimizer: {kind: sgd, rate: 0.05}
          schedule: {kind: cosine, warmup_epochs: 1}
          checkpoint_every: 10 steps
        """

    static let overrides = [
        "train.optimizer.rate=0.01", "model.models.0.alpha=2", "data.path=a.h5",
        "model.slow={block: basic, layers: [1], width: 8}", "transport.worker_timeout=3 s",
    ]

    static let journalLines = [
        #"{"dataset":"00000000000000010000000000000002","record":"opened","run":9,"state":0,"term":1}"#,
        #"{"profile":[{"name":"kernels","value":"avx2"}],"record":"pinned"}"#,
        #"{"generation":1,"members":[{"host":"a","slots":"0-2","worker":1},{"host":"b","slots":"3","worker":2}],"reason":"the run begins","record":"began","state":0}"#,
        #"{"chain":"66a5dcbe1e4f8e9d3dcbbbd0a0b8b1c2","digest":"00000000000000070000000000000001","epoch":0,"generation":1,"loss":1.5,"record":"committed","samples":[1,5,9,0,3,8,2,7],"step":1}"#,
        #"{"reason":"closed","record":"lost","worker":2}"#,
        #"{"generation":2,"members":[{"host":"a","slots":"0-3","worker":1}],"reason":"lost","record":"began","state":1}"#,
        #"{"chain":"66a5dcbe1e4f8e9d3dcbbbd0a0b8b1c2","digest":"00000000000000070000000000000001","epoch":0,"generation":2,"loss":1.25,"record":"committed","samples":[4,6,10,11,12,13,14,15],"step":2}"#,
        #"{"record":"saved","step":2}"#,
        #"{"reason":"asked","record":"stopped","state":2}"#,
        #"{"record":"completed","state":2}"#,
    ]

    /// Lines with their chained CRC-32.
    static var journal: [UInt8] {
        var sum: UInt32 = 0
        var bytes: [UInt8] = []
        for line in journalLines {
            sum = ~sum
            for byte in line.utf8 {
                sum ^= UInt32(byte)
                for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
            }
            sum = ~sum
            let digits = String(sum, radix: 16)
            let padded = String(repeating: "0", count: 8 - digits.count) + digits
            bytes += Array("\(line)\t\(padded)\n".utf8)
        }
        return bytes
    }

    static var safetensors: [[UInt8]] {
        [
            #"{"__metadata__":{"format":"pt"},"bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},"weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
            #"{"a":{"dtype":"I64","shape":[3],"data_offsets":[0,24]}}"#,
        ].map { header in
            var text = Array(header.utf8)
            while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
            let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
            return length + text + [UInt8](repeating: 1, count: 24)
        }
    }

    static let manifest =
        #"{"config_digest":"c","dataset_digest":"d","epoch":1,"files":[{"bytes":16,"name":"model.safetensors","sha256":"00"},{"bytes":8,"name":"optimizer.safetensors","sha256":"01"}],"numerics":{"kernels":"avx2"},"step":10,"version":1,"weights_sha256":"02"}"#

    static let datasetRecord =
        #"{"class_names":["run","sit"],"frame_stride":2,"frames":8,"height":32,"width":48}"#
}
