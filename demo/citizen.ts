/** Who plays the citizen, unless told otherwise. */
export const CITIZEN = { name: "Camille Martin", address: "camille@citizen.example", phone: "+33639980101" };
