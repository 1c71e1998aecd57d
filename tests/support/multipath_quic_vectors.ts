/**
 * Vectors of multipath QUIC: AEAD output and packets of another implementation (AES-128-GCM, SHA-256), and
 * frames of draft-ietf-quic-multipath-21.
 */
export const MULTIPATH_VECTORS = {
  "draft_example": {
    "iv": "6b26114b9cba2b63a9e8dd4f",
    "path_id": 3,
    "pn": 54321,
    "nonce": "6b2611489cba2b63a9e8097e",
  },
  "keys": {
    "secret": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "key": "924edab0f23acc302f67ebab959e97e5",
    "iv": "b5a994a325d611a996d7df60",
    "hp": "0e5f49a9b9f1a5d81ae752524e7d6807",
    "ku": "6a4ca349a77d8643fc3d19b944d2c3de71cfc6727dff1962e00a30a6c5f4a7cd",
  },
  "aead_common": {
    "aad": "5468697320697320612074657374",
    "pt": "54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f67",
  },
  "aead": [
    {
      "path_id": 0,
      "pn": 0,
      "nonce": "b5a994a325d611a996d7df60",
      "ct_tag":
        "dee1d65545c997085fb59c3619219299efcec23c72ca8e7bd65d96fb57282863f6fa0888c7768cf61606781742cfeea26c749236bc047dddf21e03",
    },
    {
      "path_id": 3,
      "pn": 0,
      "nonce": "b5a994a025d611a996d7df60",
      "ct_tag":
        "cbe595db545b7ddacabca24cb7947efcab4a67e3c19158cbb4694013d5b569efaed62a98b1a799619c5fb891c397b5dd8e5e24ba11d38d82b3b2d1",
    },
    {
      "path_id": 1,
      "pn": 54321,
      "nonce": "b5a994a225d611a996d70b51",
      "ct_tag":
        "835a7e5112562abae4f5c88c9f222789da1892e64655d84598c2217a53bd7aae49942b5cdb4dbffe2541b37ebbc70298fd8cc80adf060860d3b7b8",
    },
    {
      "path_id": 4294967295,
      "pn": 54321,
      "nonce": "4a566b5c25d611a996d70b51",
      "ct_tag":
        "953d37013e20cdd34d6e5743dc8200f96190cdad3a3c45f82fd4523269591f3de1790cb04a0c3e7f37d58bea9f247b59317b03deeb357d94850375",
    },
    {
      "path_id": 2,
      "pn": 12345,
      "nonce": "b5a994a125d611a996d7ef59",
      "ct_tag":
        "8bcab6f54938f74b07998aafdeb0d1338c8781d0598ba11ac278295f860f43275d7959da6a50ebe8d97dbc948da832a488ca976e418b829da4ccab",
    },
  ],
  "packets": [
    {
      "path_id": 0,
      "pn": 54321,
      "pn_len": 2,
      "nonce": "b5a994a325d611a996d70b51",
      "header": "41c1c2c3c4c5c6c7c8d431",
      "payload": "1a01020304050607083e01000000000000000000000000000000000000000000000000",
      "hp_mask": "d2e1dc91c9",
      "packet":
        "53c1c2c3c4c5c6c7c835edc50e31b4c6db1d9ac9fd3a35614705bcf9a08b0e45296a970bf129b8cb5af2a2c672f23c4214ff04ac183e0c74125a5df857ec",
    },
    {
      "path_id": 1,
      "pn": 0,
      "pn_len": 2,
      "nonce": "b5a994a225d611a996d7df60",
      "header": "41c1c2c3c4c5c6c7c80000",
      "payload": "1a01020304050607083e01000000000000000000000000000000000000000000000000",
      "hp_mask": "73ed90ad39",
      "packet":
        "52c1c2c3c4c5c6c7c8ed905192758c4bb8218672317f9d014de47796c4a85e1b1b8347e1c9b89a10363dfe891524e058970d68cbc3fa21ad7e11a3b47705",
    },
  ],
  "frames": [
    {
      "f": "PATH_ABANDON",
      "fields": {
        "path_id": 1,
        "error": 0,
      },
      "hex": "7e750100",
    },
    {
      "f": "PATH_ABANDON",
      "fields": {
        "path_id": 1,
        "error": 17,
      },
      "hex": "7e750111",
    },
    {
      "f": "PATH_STATUS_BACKUP",
      "fields": {
        "path_id": 0,
        "seq": 15,
      },
      "hex": "7e76000f",
    },
    {
      "f": "PATH_STATUS_AVAILABLE",
      "fields": {
        "path_id": 0,
        "seq": 15,
      },
      "hex": "7e77000f",
    },
    {
      "f": "PATH_ACK",
      "fields": {
        "path_id": 0,
        "largest": "0x102030405",
        "ack_delay_raw": 1024,
        "ranges": 2,
        "first": 5,
        "gaps": [
          [
            0,
            0,
          ],
          [
            5,
            12,
          ],
        ],
      },
      "hex": "3e00c000000102030405440002050000050c",
    },
    {
      "f": "PATH_ACK_ECN",
      "fields": {
        "as": "PATH_ACK above",
        "ect0": 3,
        "ect1": 0,
        "ce": 1,
      },
      "hex": "3f00c000000102030405440002050000050c030001",
    },
    {
      "f": "MAX_PATH_ID",
      "fields": {
        "max": 17,
      },
      "hex": "7e7a11",
    },
    {
      "f": "PATH_NEW_CONNECTION_ID",
      "fields": {
        "path_id": 1,
        "seq": 7,
        "retire_prior_to": 0,
        "cid": "0102030405060708",
        "token": "a1..b0",
      },
      "hex": "7e78010700080102030405060708a1a2a3a4a5a6a7a8a9aaabacadaeafb0",
    },
    {
      "f": "PATH_RETIRE_CONNECTION_ID",
      "fields": {
        "path_id": 0,
        "seq": 2,
      },
      "hex": "7e790002",
    },
    {
      "f": "PATHS_BLOCKED",
      "fields": {
        "max": 17,
      },
      "hex": "7e7b11",
    },
    {
      "f": "PATH_CIDS_BLOCKED",
      "fields": {
        "path_id": 7,
        "next_seq": 1,
      },
      "hex": "7e7c0701",
    },
    {
      "f": "TP initial_max_path_id",
      "fields": {
        "value": 2,
      },
      "hex": "3e0102",
    },
    {
      "f": "TP initial_max_path_id (max)",
      "fields": {
        "value": 4294967295,
      },
      "hex": "3e08c0000000ffffffff",
    },
  ],
} as const;
